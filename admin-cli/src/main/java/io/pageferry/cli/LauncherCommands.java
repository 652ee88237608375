package io.pageferry.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Unmatched;

/** Commands that the launcher script carries out itself; here for the help. */
final class LauncherCommands {
  private LauncherCommands() {}

  private static int onlyByLauncher(String name) {
    throw new FerryException(
        ExitCode.USAGE,
        "'%s' is carried out by the launcher; run ./ferry %s.".formatted(name, name));
  }

  @Command(
      name = "source",
      description = "Run a source daemon; './ferry source --help' lists its options.")
  static final class Source implements Callable<Integer> {
    @Unmatched private List<String> arguments = List.of();

    @Override
    public Integer call() {
      return onlyByLauncher("source");
    }
  }

  @Command(
      name = "dest",
      description = "Run a destination daemon; './ferry dest --help' lists its options.")
  static final class Dest implements Callable<Integer> {
    @Unmatched private List<String> arguments = List.of();

    @Override
    public Integer call() {
      return onlyByLauncher("dest");
    }
  }

  @Command(
      name = "verify",
      description = "Build everything and run every test and check: ./mvnw verify with the JDK that was found.")
  static final class Verify implements Callable<Integer> {
    @Parameters(paramLabel = "ARGUMENT", description = "Passed on to Maven.")
    private List<String> arguments = List.of();

    @Override
    public Integer call() {
      return onlyByLauncher("verify");
    }
  }
}
