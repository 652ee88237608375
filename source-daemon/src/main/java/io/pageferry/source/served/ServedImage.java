package io.pageferry.source.served;

import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.ImageFile;
import io.pageferry.memory.ImageSlot;
import io.pageferry.memory.SlotLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/**
 * A memory image: its file, its slots, and which of its pages hold something. Any thread; its owner
 * closes it once no delivery is left.
 *
 * @param name what receivers call it
 * @param id the same as long as the file is
 * @param slots where its slots are in the file
 * @param memory the file, mapped, only to be read
 */
public record ServedImage(String name, UUID id, List<ImageSlot> slots, GuestMemory memory)
    implements AutoCloseable {
  /**
   * Maps a file, and reads it once.
   *
   * @param name what receivers call it
   * @param given its slots; empty for one that is the whole file
   * @throws io.pageferry.memory.BackingFileException if the file cannot be used
   * @throws IllegalArgumentException if slots overlap
   */
  public static ServedImage open(String name, Path path, List<ImageSlot> given) {
    try (ImageFile file = new ImageFile(path)) {
      List<ImageSlot> slots =
          given.isEmpty()
              ? List.of(new ImageSlot(new SlotLayout(0, 0, file.sizeBytes()), 0))
              : List.copyOf(given);
      return new ServedImage(name, id(file, slots), slots, GuestMemory.imageOf(file, slots));
    }
  }

  /** The same for the same file with the same bytes, so that a receiver may open it again. */
  private static UUID id(ImageFile file, List<ImageSlot> slots) {
    String identity =
        "%s %d %s %s".formatted(file.path(), file.sizeBytes(), file.modified(), slots);
    return UUID.nameUUIDFromBytes(identity.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() {
    memory.close();
  }
}
