package io.pageferry.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.config.cli.ExitCode;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Daemons that cannot start say why in one sentence and end. */
class DaemonStartTest {
  private static final String SOURCE = "io.pageferry.source.SourceMain";
  private static final String DESTINATION = "io.pageferry.dest.DestMain";

  @TempDir private Path directory;

  private void refused(ExitCode expected, String words, String mainClass, String... arguments)
      throws Exception {
    try (JavaProgram program = JavaProgram.start(directory, mainClass, arguments)) {
      int exitCode = program.awaitExit();
      assertThat(program.output().strip().lines()).as("one sentence").hasSize(1);
      assertThat(program.output().strip()).endsWith(".").contains(words);
      assertThat(exitCode).isEqualTo(expected.number());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {SOURCE, DESTINATION})
  void aPortInUseIsNamed(String mainClass) throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      refused(
          ExitCode.ENVIRONMENT,
          address,
          mainClass,
          "--listen=" + address,
          "--metrics-listen=127.0.0.1:0");
      refused(
          ExitCode.ENVIRONMENT,
          address,
          mainClass,
          "--listen=127.0.0.1:0",
          "--metrics-listen=" + address);
    }
  }

  @Test
  void anUnknownOptionIsNamed() throws Exception {
    refused(ExitCode.USAGE, "--fast", SOURCE, "--fast");
  }

  @Test
  void aNumberOfVcpusThatCannotBeIsRefused() throws Exception {
    refused(ExitCode.USAGE, "1 to 64", DESTINATION, "--max-vcpus=65");
  }

  @Test
  void aCapThatNoFrameFitsUnderIsRefused() throws Exception {
    refused(ExitCode.USAGE, "256KiB", SOURCE, "--max-bytes-in-flight=1KiB");
  }

  @Test
  void aConfigurationFileWithAnUnknownSettingIsNamedWithTheLine() throws Exception {
    Path file = directory.resolve("ferry.conf");
    Files.writeString(file, "# comment\nlisten = 127.0.0.1:0\nspeed = high\n");
    refused(ExitCode.USAGE, file + ", line 3", SOURCE, "--config=" + file);
  }

  @Test
  void aConfigurationFileWithAnInvalidValueIsNamedWithTheLine() throws Exception {
    Path file = directory.resolve("ferry.conf");
    Files.writeString(file, "max-vcpus = many\n");
    refused(ExitCode.USAGE, file + ", line 1", DESTINATION, "--config=" + file);
  }

  @Test
  void aConfigurationFileThatIsNotThereIsNamed() throws Exception {
    refused(ExitCode.USAGE, "/nonexistent.conf", SOURCE, "--config=/nonexistent.conf");
  }
}
