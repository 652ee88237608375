package io.pageferry.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A main class in a process of its own, on the class path of the tests. Killed by close. */
final class JavaProgram implements AutoCloseable {
  private static final Pattern ADDRESS = Pattern.compile("state=listening address=(\\S+)");
  private static final Pattern METRICS =
      Pattern.compile("state=listening \\S+ metrics=([^\\s\"]+)");
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** However the tests were started: signals that they ignore, their programs do not. */
  private static final List<String> DEFAULT_SIGNALS = List.of("env", "--default-signal");

  private final Process process;
  private final Path output;

  private JavaProgram(Process process, Path output) {
    this.process = process;
    this.output = output;
  }

  /** Starts it; what it prints goes to a file of its own in a directory. */
  static JavaProgram start(Path directory, String mainClass, String... arguments)
      throws IOException {
    return start(directory, DEFAULT_SIGNALS, List.of(), mainClass, arguments);
  }

  /** Starts it with further options for its JVM. */
  static JavaProgram startWith(
      Path directory, List<String> jvmOptions, String mainClass, String... arguments)
      throws IOException {
    return start(directory, DEFAULT_SIGNALS, jvmOptions, mainClass, arguments);
  }

  private static JavaProgram start(
      Path directory,
      List<String> prefix,
      List<String> jvmOptions,
      String mainClass,
      String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    Collections.addAll(
        command,
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-XX:+UseSerialGC",
        "-Xmx128m",
        "-cp",
        System.getProperty("java.class.path"));
    command.addAll(jvmOptions);
    command.add(mainClass);
    Collections.addAll(command, arguments);
    Path output = Files.createTempFile(directory, "program-", ".log");
    return new JavaProgram(
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start(),
        output);
  }

  /** A source daemon on free ports. */
  static JavaProgram source(Path directory) throws IOException {
    return start(
        directory,
        "io.pageferry.node.SourceMain",
        "--listen=127.0.0.1:0",
        "--metrics-listen=127.0.0.1:0");
  }

  /** The same, by a command that becomes the program that is given to it. */
  static JavaProgram source(Path directory, List<String> prefix) throws IOException {
    return start(
        directory,
        prefix,
        List.of(),
        "io.pageferry.node.SourceMain",
        "--listen=127.0.0.1:0",
        "--metrics-listen=127.0.0.1:0");
  }

  /** A destination daemon on free ports, with further arguments. */
  static JavaProgram destination(Path directory, String... more) throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("--listen=127.0.0.1:0", "--metrics-listen=127.0.0.1:0"));
    Collections.addAll(arguments, more);
    return start(directory, "io.pageferry.node.DestMain", arguments.toArray(String[]::new));
  }

  /** Waits until a daemon says where it listens. */
  String awaitAddress() {
    return awaitPrinted(ADDRESS);
  }

  /** Waits until a daemon says where its metrics are. */
  String awaitMetricsAddress() {
    return awaitPrinted(METRICS);
  }

  private String awaitPrinted(Pattern pattern) {
    return await()
        .atMost(PATIENCE)
        .until(
            () -> {
              assertThat(process.isAlive()).as(output()).isTrue();
              Matcher matcher = pattern.matcher(output());
              return matcher.find() ? matcher.group(1) : "";
            },
            address -> !address.isEmpty());
  }

  /** Waits until it ends by itself; gives its exit code. */
  int awaitExit() throws InterruptedException {
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).as(output()).isTrue();
    return process.exitValue();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** What it has printed so far. */
  String output() {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A signal by its name, such as HUP. */
  void signal(String name) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", "-" + name, "" + process.pid()).start();
    assertThat(kill.waitFor()).isZero();
  }

  /** SIGTERM. */
  void terminate() {
    process.destroy();
  }

  /** SIGKILL: no handler runs, no connection is closed in order. */
  void kill() {
    var _ = process.destroyForcibly().onExit().join();
  }

  @Override
  public void close() {
    kill();
  }
}
