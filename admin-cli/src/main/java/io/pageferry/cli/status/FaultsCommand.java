package io.pageferry.cli.status;

import io.pageferry.cli.daemons.SharedOptions;
import io.pageferry.cli.output.Json;
import io.pageferry.cli.output.Printer;
import io.pageferry.cli.output.Terminal;
import io.pageferry.cli.view.FaultsView;
import io.pageferry.client.AdminClient;
import io.pageferry.client.FerryException;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.ListSlowestFaultsRequest;
import io.pageferry.proto.v1.ListSlowestFaultsResponse;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The slowest faults of the latest migration. */
@Command(
    name = "faults",
    description = {
      "The slowest faults of the migration that brought the guest, with their parts.",
      "Of one that goes on, those so far. They are kept as long as the guest is there."
    })
public final class FaultsCommand implements Callable<Integer> {
  private static final int MOST = 100;

  @Mixin private SharedOptions options = new SharedOptions();

  @Option(
      names = "--slowest",
      paramLabel = "COUNT",
      defaultValue = "20",
      description = "How many, 1 to " + MOST + " (default: ${DEFAULT-VALUE}).")
  private int slowest = 20;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    if (slowest < 1 || slowest > MOST) {
      throw new FerryException(
          ExitCode.USAGE, "--slowest must be between 1 and " + MOST + ", for instance 20.");
    }
    ListSlowestFaultsRequest request =
        ListSlowestFaultsRequest.newBuilder().setGuest(options.guest).setLimit(slowest).build();
    ListSlowestFaultsResponse faults;
    try (AdminClient client = options.connectDestination()) {
      faults = client.call(stub -> stub.listSlowestFaults(request));
    }
    PrintWriter out = Printer.of(spec);
    if (options.json()) {
      out.println(Json.text(Json.of(faults)));
    } else {
      Terminal terminal = Terminal.output();
      FaultsView.render(faults, terminal.columns(), terminal.palette()).forEach(out::println);
    }
    return ExitCode.OK.number();
  }
}
