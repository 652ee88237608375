package io.pageferry.cli.migrate;

import io.pageferry.cli.daemons.SharedOptions;
import io.pageferry.cli.output.Json;
import io.pageferry.cli.output.Printer;
import io.pageferry.client.AdminClient;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.CancelMigrationRequest;
import io.pageferry.proto.v1.CancelMigrationResponse;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Ends a migration before switchover. */
@Command(
    name = "cancel",
    description = "End a migration before switchover; the guest stays at the source.")
public final class CancelCommand implements Callable<Integer> {
  @Mixin private SharedOptions options = new SharedOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    try (AdminClient client = options.connectSource()) {
      CancelMigrationResponse response =
          client.call(stub ->
              stub.cancelMigration(
                  CancelMigrationRequest.newBuilder().setGuest(client.guest()).build()));
      Printer.of(spec)
          .println(
              options.json()
                  ? Json.text(Json.of(response))
                  : "The migration is cancelled; the guest is at " + client.description() + ".");
    }
    return ExitCode.OK.number();
  }
}
