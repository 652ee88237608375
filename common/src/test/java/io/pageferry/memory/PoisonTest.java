package io.pageferry.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PoisonTest {
  private static final List<SlotLayout> LAYOUT =
      List.of(new SlotLayout(0, 0, PageGeometry.bytes(64)));

  @Test
  void aPoisonedPageCountsAsWrittenUntilLongAfterItIsUsableAgain() {
    try (GuestMemory memory = GuestMemory.anonymous(LAYOUT)) {
      MemorySlot slot = memory.slots().getFirst();
      assertThat(slot.unpoison(3)).isFalse();
      assertThat(slot.poison(3)).isTrue();
      assertThat(slot.poison(3)).isFalse();
      assertThat(slot.isPoisoned(3)).isTrue();
      assertThat(slot.isPoisoned(4)).isFalse();
      assertThat(slot.written().get(3)).isTrue();
      assertThat(memory.poisonedPages()).isEqualTo(1);
      assertThat(slot.nextPoisoned(0)).isEqualTo(3);
      assertThat(slot.unpoison(3)).isTrue();
      assertThat(slot.isPoisoned(3)).isFalse();
      assertThat(memory.poisonedPages()).isZero();
    }
  }

  @Test
  void pagesBeyondTheEndOfAFileThatWasCutShortCannotBeRead(@TempDir Path directory)
      throws Exception {
    Path file = directory.resolve("guest.ram");
    try (GuestMemory memory = GuestMemory.backedBy(file, LAYOUT)) {
      MemorySlot slot = memory.slots().getFirst();
      assertThat(slot.isReadable(63)).isTrue();
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(PageGeometry.bytes(60));
      }
      assertThat(slot.isReadable(59)).isTrue();
      assertThat(slot.isReadable(60)).isFalse();
    }
  }
}
