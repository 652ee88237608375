package io.pageferry.cli;

import io.pageferry.client.FerryException;
import io.pageferry.config.cli.ExitCode;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Commands that the launcher script carries out itself; here for the help. */
final class LauncherCommands {
  static final Set<String> NAMES = Set.of("source", "dest", "node", "image", "bench", "verify");
  static final Set<String> IN_SOURCE_TREE_ONLY = Set.of("bench", "verify");

  private LauncherCommands() {}

  private static int onlyByLauncher(String name) {
    throw new FerryException(
        ExitCode.USAGE,
        "'%s' is carried out by the launcher; run ./ferry %s.".formatted(name, name));
  }

  @Command(
      name = "source",
      description = "Run a source daemon; 'ferry source --help' has its options.")
  static final class Source implements Callable<Integer> {
    @Override
    public Integer call() {
      return onlyByLauncher("source");
    }
  }

  @Command(
      name = "dest",
      description = "Run a destination daemon; 'ferry dest --help' has its options.")
  static final class Dest implements Callable<Integer> {
    @Override
    public Integer call() {
      return onlyByLauncher("dest");
    }
  }

  @Command(
      name = "node",
      description = "Run a daemon with both roles; 'ferry node --help' has its options.")
  static final class Node implements Callable<Integer> {
    @Override
    public Integer call() {
      return onlyByLauncher("node");
    }
  }

  @Command(
      name = "image",
      description =
          "Serve a memory image, or restore one in other processes; 'ferry image serve --help' and"
              + " 'ferry image restore --help' have the options.")
  static final class Image implements Callable<Integer> {
    @Override
    public Integer call() {
      return onlyByLauncher("image serve (or: image restore)");
    }
  }

  @Command(
      name = "bench",
      description = "Compare with C pagers and QEMU on this host; 'ferry bench --help' has more.")
  static final class Bench implements Callable<Integer> {
    @Override
    public Integer call() {
      return onlyByLauncher("bench");
    }
  }

  @Command(name = "verify", description = "Build everything and run every test and check.")
  static final class Verify implements Callable<Integer> {
    @Override
    public Integer call() {
      return onlyByLauncher("verify");
    }
  }
}
