package io.pageferry.e2e;

import static io.pageferry.cli.FerryRun.ferryAt;
import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.Phase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands whose output nobody reads, or that cannot be written: they end, and say so. */
class ClosedOutputTest {
  private static DaemonPair daemons;

  @TempDir private Path directory = Path.of("");

  @BeforeAll
  static void startAGuestThatPrintsNothing() {
    daemons = DaemonPair.start();
    var _ = ferryAt(daemons, "guest", "load", "--program=kv", "--memory=16MiB").succeeded();
  }

  @AfterAll
  static void stop() {
    daemons.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "watch",
        "watch --output=json",
        "guest console --follow",
        "guest console --follow --output=json",
        "status"
      })
  void aCommandWhoseReaderHasGoneEnds(String command) throws Exception {
    assertThat(run(command + " | true; exit ${PIPESTATUS[0]}"))
        .as(errors())
        .isEqualTo(ExitCode.OUTPUT_CLOSED.number());
    assertThat(errors()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"watch", "guest console --follow", "status", "version"})
  void aCommandWithoutAStandardOutputSaysThatItIsClosed(String command) throws Exception {
    assertThat(run(command + " >&-")).as(errors()).isEqualTo(ExitCode.ENVIRONMENT.number());
    assertThat(errors()).contains("ferry: The output could not be written", "closed");
  }

  @ParameterizedTest
  @ValueSource(strings = {"watch --output=json", "status --output=json", "faults --help"})
  void aCommandWhoseOutputFillsTheDiskSaysThatItIsFull(String command) throws Exception {
    assertThat(run(command + " >/dev/full")).as(errors()).isEqualTo(ExitCode.ENVIRONMENT.number());
    assertThat(errors()).contains("ferry: The output could not be written", "full");
  }

  @Test
  void aMigrationThatNobodyFollowsAnyMoreGoesOn() throws Exception {
    try (DaemonPair pair = DaemonPair.start()) {
      var _ = ferryAt(pair, "guest", "load", "--program=kv", "--memory=16MiB").succeeded();
      int exit = runAt(pair, "migrate --drain-after=1h | true; exit ${PIPESTATUS[0]}");
      assertThat(exit).as(errors()).isEqualTo(ExitCode.OUTPUT_CLOSED.number());
      assertThat(pair.source().status().getPhase())
          .isNotIn(Phase.PHASE_CANCELLED, Phase.PHASE_FAILED);
    }
  }

  private int run(String command) throws Exception {
    return runAt(daemons, command);
  }

  /** Runs a line of the shell that begins with a command. */
  private int runAt(DaemonPair pair, String command) throws Exception {
    String java =
        "'%s/bin/java' --enable-native-access=ALL-UNNAMED -Xmx128m -cp \"$CLASS_PATH\" io.pageferry.cli.Ferry "
            .formatted(System.getProperty("java.home"));
    ProcessBuilder builder =
        new ProcessBuilder("bash", "-c", java + command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(directory.resolve("err").toFile());
    builder.environment().put("CLASS_PATH", System.getProperty("java.class.path"));
    builder.environment().put("PAGEFERRY_SOURCE", pair.source().address());
    builder.environment().put("PAGEFERRY_DEST", pair.destination().address());
    Process process = builder.start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("%s ends", command).isTrue();
      return process.exitValue();
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private String errors() throws IOException {
    return Files.readString(directory.resolve("err"));
  }
}
