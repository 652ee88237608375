package io.pageferry.cli;

import static io.pageferry.cli.FerryRun.ferryAt;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.config.cli.ExitCode;
import io.pageferry.e2e.DaemonPair;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Guests that cannot be: each is refused in one sentence, and the source has none afterwards. */
class BadGuestTest {
  private static DaemonPair daemons;

  @TempDir private Path directory;

  @BeforeAll
  static void startDaemons() {
    daemons = DaemonPair.start();
  }

  @AfterAll
  static void stopDaemons() {
    daemons.close();
  }

  @AfterEach
  void nothingHasChanged() {
    assertThat(daemons.source().status().hasGuest()).isFalse();
  }

  private static FerryRun load(String... arguments) {
    String[] all = new String[arguments.length + 2];
    all[0] = "guest";
    all[1] = "load";
    System.arraycopy(arguments, 0, all, 2, arguments.length);
    return ferryAt(daemons, all);
  }

  private String file(String name, byte[] bytes) throws IOException {
    return Files.write(directory.resolve(name), bytes).toString();
  }

  @Test
  void aFileThatIsNoElfIsMalformed() throws IOException {
    load("--elf", file("text.elf", "no program at all".repeat(10).getBytes(UTF_8)))
        .refused(ExitCode.USAGE, "ELF magic number");
  }

  @Test
  void anElfThatEndsInItsHeaderIsMalformed() throws IOException {
    load("--elf", file("short.elf", new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}))
        .refused(ExitCode.USAGE, "only 7 bytes");
  }

  @Test
  void anElfThatIsTooLargeForAMessageIsRefusedWithoutReadingAllOfIt() throws IOException {
    Path huge = directory.resolve("huge.elf");
    try (RandomAccessFile sparse = new RandomAccessFile(huge.toFile(), "rw")) {
      sparse.setLength(8L << 30);
    }
    load("--elf", huge.toString()).refused(ExitCode.USAGE, "huge.elf", "larger than", "strip");
  }

  @Test
  void aRateBelowZeroIsRefused() {
    load("--synthetic", "uniform", "--rate=-5").refused(ExitCode.USAGE, "--rate", "-5");
  }

  @Test
  void anElfThatIsNotThereIsNamed() {
    load("--elf", "/nonexistent/guest.elf").refused(ExitCode.USAGE, "/nonexistent/guest.elf");
  }

  @Test
  void anImageLargerThanMemoryIsRefused() throws IOException {
    load("--image", file("large.img", new byte[3 << 12]), "--memory", "8KiB")
        .refused(ExitCode.USAGE, "12288", "8192", "more memory");
  }

  @Test
  void aBackingFileThatIsSomebodyElsesIsRefusedAndLeftAsItIs() throws IOException {
    String thesis = file("thesis", new byte[] {1, 2, 3});
    load("--program", "counter", "--memory", "4MiB", "--backing-file", thesis)
        .refused(ExitCode.USAGE, thesis, "never held a guest's memory");
    assertThat(Files.readAllBytes(directory.resolve("thesis"))).containsExactly(1, 2, 3);
  }

  @Test
  void anImageThatIsTheBackingFileTooIsRefusedAndLeftAsItIs() throws IOException {
    String image = file("image", new byte[] {1, 2, 3});
    load("--image", image, "--memory", "4MiB", "--backing-file", image)
        .refused(ExitCode.USAGE, "cannot be the backing file too");
    assertThat(Files.size(directory.resolve("image"))).isEqualTo(3);
  }

  @Test
  void aProgramLargerThanMemoryIsRefused() {
    load("--program", "kv", "--memory", "4KiB").refused(ExitCode.USAGE, "memory");
  }

  @ParameterizedTest(name = "--memory {0}")
  @CsvSource({"0, positive", "4097, multiple of 4096", "-4096, '-4096'", "much, 'much'"})
  void aMemorySizeThatCannotBeIsRefused(String size, String words) {
    load("--program", "counter", "--memory=" + size).refused(ExitCode.USAGE, words);
  }

  @Test
  void moreMemoryThanTheHostHasIsRefused() {
    load("--program", "counter", "--memory", "512TiB")
        .refused(ExitCode.ENVIRONMENT, "512TiB", "available");
  }

  @ParameterizedTest(name = "--vcpus {0}")
  @CsvSource({"0", "65", "-1"})
  void aNumberOfVcpusThatCannotBeIsRefused(int vcpus) {
    load("--program", "smp", "--vcpus=" + vcpus).refused(ExitCode.USAGE, "1 to 64 vCPUs");
  }

  @Test
  void anUnknownProgramIsRefusedWithTheNamesOfAll() {
    load("--program", "solitaire").refused(ExitCode.USAGE, "solitaire", "counter", "kv", "smp");
  }

  @Test
  void anUnknownWorkloadIsRefusedWithTheNamesOfAll() {
    load("--synthetic", "erratic").refused(ExitCode.USAGE, "erratic", "zipfian", "working-set");
  }

  @Test
  void aShareOfWritesBeyondOneIsRefused() {
    load("--synthetic", "uniform", "--write-ratio", "1.5").refused(ExitCode.USAGE, "0 to 1");
  }

  @Test
  void aSecondGuestOfANameIsRefusedAndTheFirstStays() {
    load("--program", "counter", "--memory", "4MiB", "--name", "first").succeeded();
    load("--program", "kv", "--memory", "4MiB", "--name", "first")
        .refused(ExitCode.REFUSED, "first", "unload");
    assertThat(daemons.source().status().getGuest().getName()).isEqualTo("first");
    ferryAt(daemons, "guest", "unload").succeeded();
  }
}
