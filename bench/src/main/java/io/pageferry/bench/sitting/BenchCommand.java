package io.pageferry.bench.sitting;

import com.google.gson.JsonObject;
import io.pageferry.bench.mechanism.MechanismsCommand;
import io.pageferry.bench.report.Report;
import io.pageferry.bench.report.ReportJson;
import io.pageferry.bench.report.ReportText;
import io.pageferry.cli.output.Json;
import io.pageferry.cli.output.OutputFormat;
import io.pageferry.cli.output.Terminal;
import io.pageferry.client.FerryException;
import io.pageferry.config.DataSize;
import io.pageferry.config.cli.CommandRunner;
import io.pageferry.config.cli.ExitCode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command line of the benchmarks. */
@Command(
    name = "ferry bench",
    description = {
      "Compare PageFerry with C pagers, a TCP stream and QEMU on this host, side by side.",
      "Writes report.html and report.json into a directory of its own under bench/results.",
      "Exits with 0 when every run could be made, whether or not the bars are met."
    },
    subcommands = MechanismsCommand.class,
    version = "PageFerry 0.1.0")
public final class BenchCommand implements Callable<Integer> {
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyy-MM-dd-HHmmss", Locale.ROOT);
  private static final int QUICK_ROUNDS = 3;
  private static final int FULL_ROUNDS = 7;

  @Option(
      names = "--quick",
      description = "Only what the bars need, three rounds: under ten minutes.")
  private boolean quick;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "How often each comparison is made (default: 3 with --quick, else 7).")
  private @Nullable Integer rounds;

  @Option(
      names = "--only",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "Only runs whose name, shown while they run, contains TEXT.")
  private String only = "";

  @Option(
      names = "--output",
      paramLabel = "FORMAT",
      defaultValue = "text",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private OutputFormat output = OutputFormat.text;

  @Option(
      names = "--results",
      paramLabel = "DIRECTORY",
      description = "Where the report goes (default: a new directory in bench/results).")
  private @Nullable Path results;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      defaultValue = "768MiB",
      description =
          "Memory of the guests compared with QEMU's, whose own is 768MiB"
              + " (default: ${DEFAULT-VALUE}).")
  private DataSize memory = DataSize.ofMebibytes(768);

  private BenchCommand() {}

  /** Runs the benchmarks and ends the process. */
  public static void main(String[] arguments) {
    Locale.setDefault(Locale.ROOT);
    System.setProperty("logback.configurationFile", "ferry-logback.xml");
    System.exit(new CommandRunner(new BenchCommand(), BenchCommand::exitCode).run(arguments));
  }

  private static int exitCode(Throwable failure) {
    return failure instanceof FerryException expected
        ? expected.exitCode().number()
        : ExitCode.INTERNAL.number();
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    int chosen = rounds == null ? (quick ? QUICK_ROUNDS : FULL_ROUNDS) : rounds;
    if (chosen < 1 || chosen > 100) {
      throw new FerryException(ExitCode.USAGE, "--rounds must be between 1 and 100.");
    }
    Path launcher = launcher();
    Path directory = directory(launcher);
    Settings settings = new Settings(launcher, quick, chosen, only, memory.bytes(), directory);
    Report report = new Sitting(settings, System.err).hold();
    report.write(directory);
    if (output == OutputFormat.json) {
      JsonObject printed = new JsonObject();
      printed.add("bars", ReportJson.bars(report));
      printed.addProperty("report", directory.resolve("report.html").toString());
      System.out.println(Json.text(printed));
    } else {
      Terminal terminal = Terminal.output();
      ReportText.render(report, terminal.columns(), terminal.palette())
          .forEach(System.out::println);
      System.out.println();
      System.out.println("Plots and all figures: " + directory.resolve("report.html"));
    }
    return ExitCode.OK.number();
  }

  private Path directory(Path launcher) {
    if (results != null) {
      return results.toAbsolutePath();
    }
    String stamp = STAMP.format(LocalDateTime.now(ZoneId.systemDefault()));
    return launcher.toAbsolutePath().resolveSibling("bench").resolve("results").resolve(stamp);
  }

  private static Path launcher() {
    String path = System.getProperty("pageferry.launcher");
    if (path == null) {
      throw new FerryException(
          ExitCode.USAGE, "The benchmarks start daemons by the launcher; run ./ferry bench.");
    }
    return Path.of(path);
  }
}
