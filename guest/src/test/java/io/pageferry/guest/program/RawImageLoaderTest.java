package io.pageferry.guest.program;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.pageferry.guest.MachineSpec;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.SlotLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class RawImageLoaderTest {
  private static final int RAM_BYTES = 4 << 20;

  @TempDir Path directory = Path.of("");
  private final GuestMemory memory =
      GuestMemory.anonymous(List.of(new SlotLayout(0, MachineSpec.RAM_BASE, RAM_BYTES)));
  private final MemorySlot ram = memory.slots().getFirst();

  @AfterEach
  void close() {
    memory.close();
  }

  @Test
  void onlyPagesThatAreNotZeroAreWritten() throws IOException {
    byte[] image = new byte[RAM_BYTES - 100];
    image[4096 + 5] = 9;
    image[2_000_000] = 8;
    image[image.length - 1] = 7;

    assertThat(RawImageLoader.load(file(image), memory)).isEqualTo(MachineSpec.RAM_BASE);

    assertThat(ram.segment().asSlice(0, image.length).toArray(JAVA_BYTE)).isEqualTo(image);
    assertThat(ram.written().cardinality()).isEqualTo(3);
    assertThat(ram.residentBytes()).isLessThanOrEqualTo(RAM_BYTES);
  }

  @Test
  void anImageLargerThanMemoryIsRefusedAndChangesNothing() throws IOException {
    byte[] image = new byte[RAM_BYTES + 1];
    image[0] = 1;

    ProgramException refusal = refusal(file(image));

    assertThat(refusal.kind()).isEqualTo(ProgramException.Kind.TOO_LARGE);
    assertThat(ram.written().cardinality()).isZero();
  }

  @Test
  void anEmptyImageIsMalformed() throws IOException {
    assertThat(refusal(file(new byte[0])).kind()).isEqualTo(ProgramException.Kind.MALFORMED);
  }

  @Test
  void anImageThatIsNotThereIsUnreadable() {
    assertThat(refusal(directory.resolve("nowhere")).kind())
        .isEqualTo(ProgramException.Kind.UNREADABLE);
  }

  @Test
  void whatCannotBeReadIsSaidInWordsAndNotByTheNameOfAnException() throws IOException {
    assertThat(refusal(directory.resolve("nowhere")))
        .hasMessageEndingWith("cannot be read: there is no such file or directory.");
    assertThat(refusal(directory)).hasMessageContaining("is not a regular file");
    assertThat(refusal(Path.of("/dev/zero"))).hasMessageContaining("is not a regular file");
    assertThat(refusal(Path.of("/proc/self/status"))).hasMessageContaining("without a size");
  }

  @Test
  @Timeout(60)
  void anImageThatIsAPipeIsRefusedInsteadOfWaitedFor() throws Exception {
    Path pipe = directory.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();

    assertThat(refusal(pipe)).hasMessageContaining("is not a regular file");
  }

  private Path file(byte[] image) throws IOException {
    return Files.write(directory.resolve("image"), image);
  }

  private ProgramException refusal(Path path) {
    return catchThrowableOfType(ProgramException.class, () -> RawImageLoader.load(path, memory));
  }
}
