package io.pageferry.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ConfigFileTest {
  @TempDir private Path directory;

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("ferry.conf"), text);
  }

  @Test
  void readsSettingsAndSkipsCommentsAndBlankLines() throws IOException {
    ConfigFile config =
        ConfigFile.read(file("# ports\n\n  listen = 127.0.0.1:7000\nname=a = b\nempty =\n"));

    assertThat(config.entries())
        .containsExactly(
            new ConfigFile.Entry("listen", "127.0.0.1:7000", 3),
            new ConfigFile.Entry("name", "a = b", 4),
            new ConfigFile.Entry("empty", "", 5));
    assertThat(config.entry("name")).isEqualTo(new ConfigFile.Entry("name", "a = b", 4));
    assertThat(config.entry("other")).isNull();
  }

  @Test
  @Timeout(60)
  void aPipeIsRefusedInsteadOfWaitedFor() throws Exception {
    Path pipe = directory.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ConfigFile.read(pipe))
        .withMessageContaining("is no regular file");
  }

  @Test
  void namesTheLineThatIsNotASetting() throws IOException {
    Path path = file("a = 1\nlisten\n");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ConfigFile.read(path))
        .withMessage(path + ", line 2: 'listen' is not of the form key = value.");
  }

  @Test
  void namesTheLineThatRepeatsASetting() throws IOException {
    Path path = file("a = 1\n\na = 2\n");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ConfigFile.read(path))
        .withMessage(path + ", line 3: 'a' is already set in line 1.");
  }

  @Test
  void refusesAFileThatDoesNotExistAndOneThatIsNotText() throws IOException {
    Path missing = directory.resolve("missing.conf");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ConfigFile.read(missing))
        .withMessage("The configuration file " + missing + " does not exist.");

    Path binary = Files.write(directory.resolve("binary"), new byte[] {(byte) 0xff, (byte) 0xfe});
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ConfigFile.read(binary))
        .withMessage("The configuration file " + binary + " is not UTF-8 text.");
  }

  @Test
  void refusesAFileThatIsFarTooLongWithoutReadingAllOfIt() throws IOException {
    Path huge = directory.resolve("huge.conf");
    try (RandomAccessFile sparse = new RandomAccessFile(huge.toFile(), "rw")) {
      sparse.setLength(8L << 30);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ConfigFile.read(huge))
        .withMessage(
            "The configuration file " + huge + " is longer than 1MiB, which no configuration is.");
  }

  @Test
  void readsAFileThatBeginsWithAByteOrderMarkAndHasLinesOfWindows() throws IOException {
    assertThat(ConfigFile.read(file("\uFEFFlisten = a:1\r\nname = b\r\n")).entries())
        .containsExactly(
            new ConfigFile.Entry("listen", "a:1", 1), new ConfigFile.Entry("name", "b", 2));
  }
}
