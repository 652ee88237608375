package io.pageferry.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of the file that a guest's memory is kept in. */
class BackingFileTest {
  private static final List<SlotLayout> PAGES = List.of(new SlotLayout(0, 1L << 31, 3 * 4096));

  @TempDir private Path directory = Path.of("");

  @Test
  void aFileThatHeldAGuestsMemoryHoldsNothingOfItWhenItIsUsedAgain() throws Exception {
    Path file = directory.resolve("guest.ram");
    try (GuestMemory first = GuestMemory.backedBy(file, PAGES)) {
      first.slots().getFirst().segment().set(JAVA_BYTE, 4097, (byte) 7);
    }
    assumeTrue(isMarked(file), "the file system has no extended attributes");
    try (GuestMemory second = GuestMemory.backedBy(file, PAGES)) {
      assertThat(second.slots().getFirst().segment().get(JAVA_BYTE, 4097)).isZero();
      assertThat(second.slots().getFirst().written().cardinality()).isEqualTo(3);
    }
  }

  private static boolean isMarked(Path file) throws Exception {
    try {
      return Files.getAttribute(file, "user:pageferry.guest-memory") != null;
    } catch (UnsupportedOperationException | java.nio.file.FileSystemException _) {
      return false;
    }
  }

  @Test
  void aSmallerGuestLeavesNothingOfALargerOneInTheFile() throws Exception {
    Path file = directory.resolve("guest.ram");
    GuestMemory.backedBy(file, List.of(new SlotLayout(0, 1L << 31, 1 << 20))).close();
    assumeTrue(isMarked(file), "the file system has no extended attributes");
    GuestMemory.backedBy(file, PAGES).close();
    assertThat(Files.size(file)).isEqualTo(3 * 4096);
  }

  @Test
  void aFileOfSomebodyElsesIsRefusedAndLeftAsItIs() throws Exception {
    Path thesis = Files.writeString(directory.resolve("thesis"), "three years of work");
    refused(thesis, "exists and never held a guest's memory");
    assertThat(thesis).hasContent("three years of work");
  }

  @Test
  void aFileThatAnotherGuestUsesIsRefused() {
    Path file = directory.resolve("guest.ram");
    try (GuestMemory memory = GuestMemory.backedBy(file, PAGES)) {
      memory.slots().getFirst().segment().set(JAVA_BYTE, 0, (byte) 7);
      refused(file, "in use by another guest");
      assertThat(memory.slots().getFirst().segment().get(JAVA_BYTE, 0)).isEqualTo((byte) 7);
    }
  }

  @Test
  void everyBlockIsReservedBeforeTheGuestRuns() throws Exception {
    Path file = directory.resolve("guest.ram");
    GuestMemory.backedBy(file, List.of(new SlotLayout(0, 1L << 31, 1 << 20))).close();
    Process stat = new ProcessBuilder("stat", "--format=%b", file.toString()).start();
    String blocks = new String(stat.getInputStream().readAllBytes(), UTF_8).strip();
    assertThat(Long.parseLong(blocks) * 512).isGreaterThanOrEqualTo(1 << 20);
  }

  @Test
  void moreThanTheFileSystemHoldsIsRefusedAndTheFileIsGone() throws Exception {
    Path file = directory.resolve("guest.ram");
    long room = Files.getFileStore(directory).getTotalSpace();
    List<SlotLayout> tooMuch = List.of(new SlotLayout(0, 1L << 31, (room & -4096L) + (1L << 30)));
    assertThatExceptionOfType(BackingFileException.class)
        .isThrownBy(() -> GuestMemory.backedBy(file, tooMuch).close())
        .withMessageContaining("has no room for")
        .matches(BackingFileException::isFull);
    assertThat(file).doesNotExist();
  }

  @Test
  void whatIsNoFileIsCalledThat() {
    refused(directory, "is not a regular file");
    refused(Path.of("/dev/null"), "is not a regular file");
  }

  @Test
  void aDirectoryThatIsNotThereIsNamed() {
    refused(directory.resolve("nowhere/guest.ram"), "there is no such file or directory");
  }

  private static void refused(Path file, String words) {
    assertThatExceptionOfType(BackingFileException.class)
        .isThrownBy(() -> GuestMemory.backedBy(file, PAGES).close())
        .withMessageStartingWith("The backing file " + file)
        .withMessageContaining(words)
        .withMessageEndingWith(".");
  }
}
