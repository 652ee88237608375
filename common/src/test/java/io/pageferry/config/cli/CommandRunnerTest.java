package io.pageferry.config.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.config.DataSize;
import io.pageferry.config.HostPort;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

class CommandRunnerTest {
  private static final int DOMAIN_FAILURE = 7;

  @TempDir private Path directory;
  private final Map<String, String> environment = new HashMap<>();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private ExampleCommand command = new ExampleCommand();

  /** A failure that the mapper below knows. */
  private static final class ExampleFailure extends RuntimeException {
    ExampleFailure(String message) {
      super(message);
    }
  }

  @Command(name = "example", version = "example 1", description = "Shows its options.")
  private static final class ExampleCommand implements Callable<Integer> {
    @Option(
        names = "--memory-size",
        paramLabel = "SIZE",
        defaultValue = "64MiB",
        description = "Memory.")
    private DataSize memorySize = DataSize.ofBytes(0);

    @Option(
        names = {"-l", "--listen"},
        paramLabel = "HOST:PORT",
        defaultValue = "127.0.0.1:7000",
        description = "Where to listen.")
    private HostPort listen = new HostPort("unset", 0);

    @Option(
        names = "--timeout",
        paramLabel = "DURATION",
        defaultValue = "2s",
        description = "How long to wait.")
    private Duration timeout = Duration.ZERO;

    @Option(names = "--required", description = "No default.")
    private @Nullable String text;

    private @Nullable RuntimeException failure;
    private boolean called;

    @Override
    public Integer call() {
      called = true;
      if (failure != null) {
        throw failure;
      }
      return 0;
    }
  }

  @BeforeEach
  void freshCommand() {
    command = new ExampleCommand();
  }

  private int run(String... args) {
    CommandRunner runner =
        new CommandRunner(
            command,
            failure ->
                failure instanceof ExampleFailure ? DOMAIN_FAILURE : ExitCode.INTERNAL.number(),
            environment);
    runner.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    return runner.run(args);
  }

  private Path config(String text) throws IOException {
    return Files.writeString(directory.resolve("ferry.conf"), text);
  }

  private void assertMisuse(int exitCode, String sentence) {
    assertThat(err.toString().strip()).isEqualTo(sentence);
    assertThat(exitCode).isEqualTo(ExitCode.USAGE.number());
    assertThat(command.called).isFalse();
  }

  @Test
  void usesBuiltInDefaults() {
    assertThat(run()).isZero();
    assertThat(command.memorySize).isEqualTo(DataSize.ofMebibytes(64));
    assertThat(command.listen).isEqualTo(new HostPort("127.0.0.1", 7000));
    assertThat(command.timeout).isEqualTo(Duration.ofSeconds(2));
    assertThat(command.text).isNull();
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void prefersCommandLineThenEnvironmentThenFileThenDefault() throws IOException {
    Path path = config("memory-size = 1MiB\nlisten = file:1\ntimeout = 1m\n");
    environment.put("PAGEFERRY_CONFIG", path.toString());
    environment.put("PAGEFERRY_MEMORY_SIZE", "2MiB");
    environment.put("PAGEFERRY_LISTEN", "environment:2");

    assertThat(run("--memory-size", "3MiB")).isZero();

    assertThat(command.memorySize).isEqualTo(DataSize.ofMebibytes(3));
    assertThat(command.listen).isEqualTo(new HostPort("environment", 2));
    assertThat(command.timeout).isEqualTo(Duration.ofMinutes(1));
  }

  @Test
  void prefersTheFileOfTheCommandLineToThatOfTheEnvironment() throws IOException {
    environment.put("PAGEFERRY_CONFIG", directory.resolve("missing").toString());
    Path path = config("required = here\n");

    assertThat(run("--config", path.toString())).isZero();
    assertThat(command.text).isEqualTo("here");
    assertThat(run("--config=" + path)).isZero();
  }

  @Test
  void namesFileAndLineOfAnUnknownKey() throws IOException {
    Path path = config("# typing error\nlissten = a:1\n");
    assertMisuse(
        run("--config", path.toString()),
        path + ", line 2: there is no option 'lissten'; --help lists all.");
  }

  @Test
  void refusesAFileThatNamesAnotherFile() throws IOException {
    Path path = config("config = other\n");
    assertMisuse(
        run("--config", path.toString()),
        path + ", line 1: there is no option 'config'; --help lists all.");
  }

  @Test
  void namesFileAndLineOfAnInvalidValue() throws IOException {
    Path path = config("\nlisten = nowhere\n");
    assertMisuse(
        run("--config", path.toString()),
        path
            + ", line 2: Invalid value for option '--listen': 'nowhere' is not an"
            + " address; write host:port, such as localhost:7000.");
  }

  @Test
  void namesTheEnvironmentVariableOfAnInvalidValue() {
    environment.put("PAGEFERRY_TIMEOUT", "soon");
    assertMisuse(
        run(),
        "Environment variable PAGEFERRY_TIMEOUT: Invalid value for option '--timeout':"
            + " 'soon' is not a duration; write a number with ns, us, ms, s, m or h, such as"
            + " 500ms.");
  }

  @Test
  void answersBadCommandLinesWithOneSentence() {
    assertMisuse(
        run("--timeout", "soon"),
        "Invalid value for option '--timeout': 'soon' is not a duration; write a number"
            + " with ns, us, ms, s, m or h, such as 500ms.");
    err.getBuffer().setLength(0);
    assertMisuse(run("--bogus"), "Unknown option: '--bogus'; --help lists all options.");
    err.getBuffer().setLength(0);
    assertMisuse(
        run("--config", "missing.conf"), "The configuration file missing.conf does not exist.");
  }

  @Test
  void helpShowsBuiltInDefaultsAndUnitsWhateverElseIsSet() {
    environment.put("PAGEFERRY_CONFIG", "missing.conf");
    environment.put("PAGEFERRY_TIMEOUT", "soon");

    assertThat(run("--help")).isZero();

    assertThat(out.toString())
        .contains("--memory-size=SIZE", "64MiB", "HOST:PORT", "127.0.0.1:7000", "DURATION", "2s")
        .contains("SIZE is bytes or a number with KiB", "PAGEFERRY_SOME_OPTION");
    assertThat(command.called).isFalse();
  }

  @Test
  void versionIsPrintedWhateverElseIsSet() {
    environment.put("PAGEFERRY_TIMEOUT", "soon");
    assertThat(run("--version")).isZero();
    assertThat(out.toString().strip()).isEqualTo("example 1");
  }

  @Test
  void refusedArgumentsOfTheCommandAreMisuse() {
    command.failure = new IllegalArgumentException("Two of them cannot be.");
    assertThat(run()).isEqualTo(ExitCode.USAGE.number());
    assertThat(err.toString().strip()).isEqualTo("Two of them cannot be.");
  }

  @Test
  void domainFailuresEndInTheirMessageAndTheirCode() {
    command.failure = new ExampleFailure("The destination is down.");
    assertThat(run()).isEqualTo(DOMAIN_FAILURE);
    assertThat(err.toString().strip()).isEqualTo("The destination is down.");
  }

  @Test
  void unforeseenFailuresEndInAStackTrace() {
    command.failure = new IllegalStateException("A bug.");
    assertThat(run()).isEqualTo(ExitCode.INTERNAL.number());
    assertThat(err.toString())
        .startsWith("Internal error: java.lang.IllegalStateException: A bug.")
        .contains("at io.pageferry.config.cli.CommandRunnerTest");
  }
}
