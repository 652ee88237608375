package io.pageferry.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.config.cli.ExitCode;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Daemons that cannot start say why in one sentence and end. */
class DaemonStartTest {
  private static final String SOURCE = "io.pageferry.node.SourceMain";
  private static final String DESTINATION = "io.pageferry.node.DestMain";

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

  @ParameterizedTest
  @ValueSource(strings = {SOURCE, DESTINATION})
  void aLimitOnOpenFilesThatIsTooLowIsNamed(String mainClass) throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Process daemon =
        new ProcessBuilder(
                "bash",
                "-c",
                "ulimit -n 300 && exec \"$@\"",
                "bash",
                java,
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                mainClass,
                "--listen=127.0.0.1:0",
                "--metrics-listen=127.0.0.1:0")
            .redirectErrorStream(true)
            .start();
    try {
      assertThat(daemon.waitFor(60, TimeUnit.SECONDS)).as("it ends").isTrue();
      assertThat(daemon.inputReader(StandardCharsets.UTF_8).lines())
          .singleElement()
          .asString()
          .contains("needs 1024 open files", "limit is 300", "ulimit -n 1024");
      assertThat(daemon.exitValue()).isEqualTo(ExitCode.ENVIRONMENT.number());
    } finally {
      daemon.destroyForcibly();
    }
  }

  @Test
  void sentencesHaveTheDigitsOfTheDocumentationWhateverTheUsersLanguage() throws Exception {
    List<String> arabic = List.of("-Duser.language=ar", "-Duser.country=EG");
    for (String mainClass : List.of(SOURCE, DESTINATION)) {
      try (JavaProgram program =
          JavaProgram.startWith(
              directory,
              arabic,
              mainClass,
              "--listen=127.0.0.1:0",
              "--metrics-listen=127.0.0.1:0",
              "--rehearsal=1h")) {
        assertThat(program.awaitExit()).isEqualTo(ExitCode.USAGE.number());
        assertThat(program.output()).contains("--rehearsal must be 0s to 10s.");
      }
    }
    try (JavaProgram program =
        JavaProgram.startWith(
            directory,
            arabic,
            "io.pageferry.cli.Ferry",
            "guest",
            "load",
            "--program=kv",
            "--rate=-5")) {
      assertThat(program.awaitExit()).isEqualTo(ExitCode.USAGE.number());
      assertThat(program.output()).contains("it is -5.");
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
