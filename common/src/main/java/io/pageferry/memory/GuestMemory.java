package io.pageferry.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The physical memory of one guest: one or more non-overlapping slots of off-heap memory.
 *
 * <p>Any thread may use it. It has one owner, who closes it once, after every vCPU, page server and
 * installer has stopped; access after that throws {@link IllegalStateException}. Whoever only looks
 * at it and does not know the owner, such as a status, does so through {@link #whileMapped}.
 * Anonymous memory reads as zero and takes no physical memory until touched.
 */
public final class GuestMemory implements AutoCloseable {
  private static final long CLOSE_PATIENCE_NANOS = 10_000_000_000L;
  private static final long CLOSE_RETRY_NANOS = 1_000_000;

  private final Arena arena = Arena.ofShared();
  private final List<MemorySlot> slots;
  private final boolean anonymous;
  private final long sizeBytes;

  /** Kept so that no other guest takes it. */
  private final @Nullable BackingFile file;

  /** Set before the arena is closed, so that whoever meets its end knows why. */
  private volatile boolean closing;

  /** How the bytes of a slot are mapped. */
  private interface Mapper {
    MemorySegment map(SlotLayout layout, long offset, Arena owner);
  }

  private GuestMemory(List<SlotLayout> layouts, Mapper mapper, @Nullable BackingFile file) {
    this.file = file;
    try {
      List<MemorySlot> made = new ArrayList<>();
      long offset = 0;
      for (SlotLayout layout : layouts) {
        checkOverlap(layout, made);
        MemorySegment segment = mapper.map(layout, offset, arena);
        MemorySlot slot = new MemorySlot(layout.id(), layout.base(), segment, arena);
        if (file != null) {
          slot.liveIn(file, offset);
          slot.written().setRange(0, slot.pageCount());
        }
        made.add(slot);
        offset += layout.sizeBytes();
      }
      slots = List.copyOf(made);
      anonymous = file == null;
      sizeBytes = offset;
    } catch (RuntimeException | Error e) {
      arena.close();
      if (file != null) {
        file.close();
      }
      throw e;
    }
  }

  /** Anonymous memory: zeros, lazily backed. */
  public static GuestMemory anonymous(List<SlotLayout> layouts) {
    return new GuestMemory(
        layouts, (layout, _, owner) -> LinuxMemory.mapAnonymous(layout.sizeBytes(), owner), null);
  }

  /**
   * Memory whose bytes live in a file, slot after slot. The file is made, or cleared if it held a
   * guest's memory before; its blocks are reserved, and every page counts as written. No other
   * guest can take the file until this memory closes; it stays afterwards.
   *
   * @throws BackingFileException if the file cannot be used, or its file system has no room
   */
  public static GuestMemory backedBy(Path path, List<SlotLayout> layouts) {
    long bytes = layouts.stream().mapToLong(SlotLayout::sizeBytes).sum();
    BackingFile file = BackingFile.make(path, bytes);
    return new GuestMemory(
        layouts, (layout, offset, owner) -> file.map(offset, layout.sizeBytes(), owner), file);
  }

  /**
   * The memory of a machine that stands still, in a file, which can only be read. Pages that hold
   * something count as written; the file is read once to find them.
   *
   * @throws BackingFileException if the file cannot be mapped, or ends before a slot does
   * @throws IllegalArgumentException if slots overlap
   */
  public static GuestMemory imageOf(ImageFile image, List<ImageSlot> slots) {
    Iterator<ImageSlot> next = slots.iterator();
    GuestMemory memory =
        new GuestMemory(
            slots.stream().map(ImageSlot::layout).toList(),
            (_, _, owner) -> mapped(image, next.next(), owner),
            null);
    try {
      for (int i = 0; i < slots.size(); i++) {
        image.findContents(memory.slots.get(i), slots.get(i).offset());
      }
      return memory;
    } catch (RuntimeException | Error e) {
      memory.close();
      throw e;
    }
  }

  private static MemorySegment mapped(ImageFile image, ImageSlot slot, Arena owner) {
    if (slot.end() > image.sizeBytes()) {
      throw new BackingFileException(
          "Slot %d ends at byte %d of the image file %s, which has %d bytes."
              .formatted(slot.layout().id(), slot.end(), image.path(), image.sizeBytes()));
    }
    return image.map(slot.offset(), slot.layout().sizeBytes(), owner);
  }

  private static void checkOverlap(SlotLayout layout, List<MemorySlot> others) {
    for (MemorySlot other : others) {
      boolean apart =
          layout.base() + layout.sizeBytes() <= other.base()
              || other.base() + other.sizeBytes() <= layout.base();
      if (!apart || layout.id() == other.id()) {
        throw new IllegalArgumentException(
            "Slots " + layout.id() + " and " + other.id() + " overlap or share an id.");
      }
    }
  }

  /** The slots, in the order they were given. */
  public List<MemorySlot> slots() {
    return slots;
  }

  /** Whether pages that are discarded read as zero (true) or as the file has them (false). */
  public boolean isAnonymous() {
    return anonymous;
  }

  /** The slot that a guest physical address lies in, or null. */
  public @Nullable MemorySlot slotAt(long guestPhysicalAddress) {
    for (MemorySlot slot : slots) {
      if (slot.contains(guestPhysicalAddress)) {
        return slot;
      }
    }
    return null;
  }

  /** The slot with an id, or null. */
  public @Nullable MemorySlot slot(int id) {
    for (MemorySlot slot : slots) {
      if (slot.id() == id) {
        return slot;
      }
    }
    return null;
  }

  /** Size of all slots in bytes. */
  public long sizeBytes() {
    return sizeBytes;
  }

  /** Size of all slots in pages. */
  public long pageCount() {
    return PageGeometry.pages(sizeBytes());
  }

  /** Pages that may hold something else than zeros. */
  public long writtenPages() {
    return slots.stream().mapToLong(slot -> slot.written().cardinality()).sum();
  }

  /** Pages whose data is lost. */
  public long poisonedPages() {
    return slots.stream().mapToLong(MemorySlot::poisonedPages).sum();
  }

  /** Bytes in physical memory now; 0 once it is closed. Costs a system call per gigabyte. */
  public long residentBytes() {
    return whileMapped(() -> slots.stream().mapToLong(MemorySlot::residentBytes).sum()).orElse(0L);
  }

  /**
   * Reads memory, or its bitmaps, that the owner may close at any time.
   *
   * @return what {@code reading} gives; empty if the memory is closed before it has ended
   */
  public <T> Optional<T> whileMapped(Supplier<T> reading) {
    if (closing) {
      return Optional.empty();
    }
    try {
      return Optional.of(reading.get());
    } catch (IllegalStateException e) {
      // The arena refuses every access once it is closed, so nothing was read that is not there.
      if (closing) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * Unmaps memory of a guest that came to nothing; a file that was made for it goes as well.
   * Instead of {@link #close}.
   */
  public void abandon() {
    close(true);
  }

  /** Unmaps everything, once no thread is in a system call on it. Idempotent. */
  @Override
  public void close() {
    close(false);
  }

  private void close(boolean abandoned) {
    closing = true;
    long patience = System.nanoTime() + CLOSE_PATIENCE_NANOS;
    while (true) {
      try {
        arena.close();
        if (file != null && abandoned) {
          file.abandon();
        } else if (file != null) {
          file.close();
        }
        return;
      } catch (IllegalStateException e) {
        if (!arena.scope().isAlive()) {
          return;
        }
        if (System.nanoTime() > patience) {
          throw e;
        }
        LockSupport.parkNanos(CLOSE_RETRY_NANOS);
      }
    }
  }
}
