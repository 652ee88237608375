package io.pageferry.e2e;

import static io.pageferry.cli.FerryRun.ferry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pageferry.config.cli.ExitCode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every signal that ends a program means the same: finish, and name what is lost. */
class SignalTest {
  @TempDir private Path directory = Path.of("");

  @ParameterizedTest
  @CsvSource({"HUP, 129", "INT, 130", "TERM, 143"})
  void aDaemonThatIsToldToEndAndHasNothingToLoseSaysSoAndTellsTheSignal(String signal, int exitCode)
      throws Exception {
    try (JavaProgram destination = JavaProgram.destination(directory)) {
      var _ = destination.awaitAddress();
      destination.signal(signal);
      assertThat(destination.awaitExit()).as(destination.output()).isEqualTo(exitCode);
      assertThat(destination.output()).contains("state=stopping", "state=stopped");
    }
  }

  @Test
  void aTerminalThatGoesAwayDoesNotEndADaemonWithoutAWordOnItsGuest() throws Exception {
    try (JavaProgram source = JavaProgram.source(directory)) {
      load(source.awaitAddress());
      source.signal("HUP");
      assertThat(source.awaitExit()).as(source.output()).isEqualTo(ExitCode.GUEST_LOST.number());
      assertThat(source.output()).contains("level=ERROR", "Guest kv ends with");
    }
  }

  @Test
  void aDaemonUnderNohupOutlivesItsTerminal() throws Exception {
    try (JavaProgram source =
        JavaProgram.source(directory, List.of("env", "--ignore-signal=HUP"))) {
      String address = source.awaitAddress();
      source.signal("HUP");
      load(address);
      assertThat(source.isAlive()).isTrue();
      source.signal("TERM");
      assertThat(source.awaitExit()).isEqualTo(ExitCode.GUEST_LOST.number());
    }
  }

  private static void load(String address) {
    var _ =
        ferry(
                "guest",
                "load",
                "--program=kv",
                "--memory=16MiB",
                "--timeout=60s",
                "--source=" + address)
            .succeeded();
  }

  @ParameterizedTest
  @CsvSource({"HUP, 129", "INT, 130", "TERM, 143"})
  void aCommandThatIsToldToEndEndsWithTheSignalsNumber(String signal, int exitCode)
      throws Exception {
    try (JavaProgram watch =
        JavaProgram.start(
            directory,
            "io.pageferry.cli.Ferry",
            "watch",
            "--source=127.0.0.1:1",
            "--dest=127.0.0.1:1")) {
      await().atMost(Duration.ofSeconds(60)).until(() -> !watch.output().isEmpty());
      watch.signal(signal);
      assertThat(watch.awaitExit()).isEqualTo(exitCode);
    }
  }
}
