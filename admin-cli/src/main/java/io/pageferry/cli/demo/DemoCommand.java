package io.pageferry.cli.demo;

import io.pageferry.cli.demo.DemoOptions.Guest;
import io.pageferry.cli.output.Json;
import io.pageferry.cli.output.OutputFormat;
import io.pageferry.cli.output.Printer;
import io.pageferry.cli.output.Terminal;
import io.pageferry.client.FerryException;
import io.pageferry.client.local.LocalDaemons;
import io.pageferry.config.DataSize;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.config.cli.MechanismNames;
import io.pageferry.fault.mechanism.MechanismChoice;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A whole migration on this host, judged. */
@Command(
    name = "demo",
    description = {
      "Move a guest between two daemons on this host, and prove it.",
      "Exits with 0 only when digests, page counts and the guest's own check all agree."
    })
public final class DemoCommand implements Callable<Integer> {
  @Option(
      names = "--guest",
      defaultValue = "smp",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private Guest guest = Guest.smp;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      defaultValue = "256MiB",
      description = "RAM of the guest (default: ${DEFAULT-VALUE}).")
  private DataSize memory = new DataSize(256 << 20);

  @Option(
      names = "--vcpus",
      paramLabel = "N",
      description = "vCPUs, 1 to 64 (default: 2 for smp and synthetic, else 1).")
  private @Nullable Integer vcpus;

  @Option(
      names = "--workload",
      paramLabel = "NAME",
      defaultValue = "",
      description = {
        "synthetic: sequential, uniform, zipfian or working-set (the default);",
        "touch: sequential (the default) or random."
      })
  private String workload = "";

  @Option(
      names = "--runs",
      paramLabel = "N",
      defaultValue = "1",
      description = "Migrations in a row, each of a fresh guest (default: ${DEFAULT-VALUE}).")
  private int runs = 1;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Seed of the first run; each further run adds one (default: ${DEFAULT-VALUE}).")
  private long seed = 1;

  @Option(
      names = "--fault-mechanism",
      paramLabel = "MECHANISM",
      defaultValue = "userfault-bitmap",
      description = {
        "What stops accesses to missing pages (default: ${DEFAULT-VALUE}):",
        "${COMPLETION-CANDIDATES}."
      },
      completionCandidates = MechanismNames.class)
  private MechanismChoice mechanism = MechanismChoice.DEFAULT;

  @Option(
      names = "--output",
      paramLabel = "FORMAT",
      defaultValue = "text",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private OutputFormat output = OutputFormat.text;

  @Option(
      names = "--keep-logs",
      paramLabel = "DIRECTORY",
      description = "Keep the daemons' logs there.")
  private @Nullable Path logs;

  @Spec private @Nullable CommandSpec spec;

  private final Terminal terminal = Terminal.error();

  @Override
  public Integer call() throws InterruptedException {
    if (runs < 1 || runs > 10_000) {
      throw new FerryException(ExitCode.USAGE, "--runs must be between 1 and 10000.");
    }
    if (vcpus != null && vcpus < 1) {
      throw new FerryException(ExitCode.USAGE, "--vcpus must be between 1 and 64.");
    }
    List<RunReport> reports = new ArrayList<>();
    for (int run = 0; run < runs; run++) {
      DemoOptions options =
          DemoOptions.of(guest, memory.bytes(), vcpus == null ? 0 : vcpus, workload, seed + run);
      RunReport report = run(options, run);
      reports.add(report);
      if (output == OutputFormat.text) {
        printReport(report, run);
      }
    }
    finish(reports);
    boolean passed = reports.stream().allMatch(RunReport::passed);
    return (passed ? ExitCode.OK : ExitCode.VERIFICATION_FAILED).number();
  }

  private RunReport run(DemoOptions options, int run) throws InterruptedException {
    if (runs > 1) {
      say("run %d of %d".formatted(run + 1, runs));
    }
    long startNanos = System.nanoTime();
    try (LocalDaemons host = LocalDaemons.start(launcher(), logsOf(run))) {
      say(
          "  source %s and destination %s are up after %.1f s"
              .formatted(
                  host.daemons().source().address(),
                  host.daemons().destination().address(),
                  (System.nanoTime() - startNanos) / 1e9));
      try {
        return new DemoRun(options, mechanism, host.daemons(), terminal).run();
      } catch (FerryException e) {
        throw host.explain(e);
      }
    }
  }

  private void say(String line) {
    terminal.stream().println(terminal.palette().dim(line));
  }

  private Optional<Path> logsOf(int run) {
    if (logs == null) {
      return Optional.empty();
    }
    return Optional.of(runs == 1 ? logs : logs.resolve("run-" + (run + 1)));
  }

  private static Path launcher() {
    String path = System.getProperty("pageferry.launcher");
    if (path == null) {
      throw new FerryException(
          ExitCode.USAGE, "The demo starts daemons by the launcher; run it as ./ferry demo.");
    }
    return Path.of(path);
  }

  private void printReport(RunReport report, int run) {
    PrintWriter out = Printer.of(spec);
    Terminal target = Terminal.output();
    if (runs == 1) {
      out.println();
      ReportView.render(report, target.columns(), target.palette()).forEach(out::println);
    } else {
      out.println(ReportView.line(report, run + 1, target.palette()));
    }
    out.flush();
  }

  private void finish(List<RunReport> reports) {
    PrintWriter out = Printer.of(spec);
    if (output == OutputFormat.json) {
      out.println(Json.text(ReportJson.of(reports)));
    } else if (runs > 1) {
      out.println();
      Summary.of(reports).render(Terminal.output().palette()).forEach(out::println);
    }
    out.flush();
  }
}
