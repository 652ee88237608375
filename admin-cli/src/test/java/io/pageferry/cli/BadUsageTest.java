package io.pageferry.cli;

import static io.pageferry.cli.FerryRun.ferry;
import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.config.cli.ExitCode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Command lines that cannot be carried out, whatever the daemons do. */
class BadUsageTest {
  @Test
  void anUnknownOptionIsNamed() {
    ferry("migrate", "--fast").refused(ExitCode.USAGE, "--fast", "ferry migrate --help");
  }

  @Test
  void anUnknownCommandIsNamed() {
    ferry("teleport").refused(ExitCode.USAGE, "teleport");
  }

  @Test
  void anAddressWithoutAPortIsRefused() {
    ferry("status", "--source", "localhost").refused(ExitCode.USAGE, "host:port");
  }

  @Test
  void aDurationWithoutAUnitIsRefused() {
    ferry("status", "--timeout", "7").refused(ExitCode.USAGE, "'7'");
  }

  @ParameterizedTest
  @CsvSource({
    "--vcpus=many, is not a whole number",
    "--vcpus=99999999999, is too large",
    "--seed=1.5, is not a whole number",
    "--write-ratio=half, is not a number"
  })
  void whatIsNoNumberIsRefusedInWordsOfOurOwn(String option, String words) {
    ferry("guest", "load", "--program=kv", option).refused(ExitCode.USAGE, words);
  }

  @Test
  void aGuestWithoutAProgramIsRefused() {
    ferry("guest", "load").refused(ExitCode.USAGE, "--program");
  }

  @ParameterizedTest
  @CsvSource({
    "--guest=chess, 'chess'",
    "--workload=erratic, one workload",
    "--memory=0, multiple of 4KiB",
    "--runs=0, between 1 and 10000",
    "--vcpus=65, between 1 and 64"
  })
  void aDemoOfWhatIsNotThereIsRefused(String option, String words) {
    ferry("demo", option).refused(ExitCode.USAGE, words);
  }

  @ParameterizedTest
  @ValueSource(strings = {"migrate", "cancel", "digest"})
  void aDaemonThatDoesNotRunIsNamedWithTheCommandThatStartsIt(String command) throws IOException {
    String address = "127.0.0.1:" + freePort();
    ferry(command, "--source", address, "--dest", address)
        .refused(ExitCode.UNREACHABLE, address, "ferry source", "--source");
  }

  @Test
  void statusOfNobodySaysSoForBoth() throws IOException {
    String address = "127.0.0.1:" + freePort();
    FerryRun run = ferry("status", "--source", address, "--dest", address);
    assertThat(run.exitCode()).isEqualTo(ExitCode.UNREACHABLE.number());
    assertThat(run.out()).contains("source daemon at " + address, "destination daemon at");
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
