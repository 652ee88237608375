package io.pageferry.daemon.guest;

import io.pageferry.fault.GuestPages;
import io.pageferry.fault.SlotPages;
import io.pageferry.guest.Console;
import io.pageferry.guest.Machine;
import io.pageferry.guest.Vcpu;
import io.pageferry.guest.VcpuThreadException;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.ExecutionFence;
import io.pageferry.migration.PageFerryException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A guest that a daemon keeps: its machine and memory, and the fence that says whether it may run
 * here. The only place from which a machine is resumed.
 *
 * <p>Any thread. Owns the machine and the memory; {@link #close} once, when no migration uses them.
 */
public final class HostedGuest implements AutoCloseable {
  private static final int HASH_CHUNK_BYTES = 1 << 20;
  private static final int MAX_READ_BYTES = 1 << 20;

  private final UUID id;
  private final Machine machine;
  private final ExecutionFence fence;
  private final long instructionsElsewhere;

  /** Which pages have come, of a guest that comes by a migration. */
  private final @Nullable GuestPages pages;

  /**
   * A guest whose pages are all here. Takes ownership of {@code machine}, which does not run yet,
   * and its memory.
   */
  public HostedGuest(UUID id, Machine machine, ExecutionFence fence) {
    this(id, machine, fence, null);
  }

  /** The same for a guest whose pages may still have to come. */
  public HostedGuest(UUID id, Machine machine, ExecutionFence fence, @Nullable GuestPages pages) {
    this.pages = pages;
    this.id = id;
    this.machine = machine;
    this.fence = fence;
    this.instructionsElsewhere = machine.vcpus().stream().mapToLong(Vcpu::instructions).sum();
  }

  /** Given when the guest was loaded; stays when it moves. */
  public UUID id() {
    return id;
  }

  /** Display name. */
  public String name() {
    return machine.spec().name();
  }

  /** The machine; resume it through {@link #resume} only. */
  public Machine machine() {
    return machine;
  }

  /** Instructions that its vCPUs had retired when it came to this daemon. */
  public long instructionsElsewhere() {
    return instructionsElsewhere;
  }

  /** Its memory. */
  public GuestMemory memory() {
    return machine.memory();
  }

  /** The right to run it. */
  public ExecutionFence fence() {
    return fence;
  }

  /**
   * Starts the threads of its vCPUs, so that {@link #resume} will not fail for want of them.
   *
   * @throws PageFerryException INSUFFICIENT_THREADS if the host allows no more
   */
  public void startThreads() {
    try {
      machine.startThreads();
    } catch (VcpuThreadException e) {
      throw new PageFerryException(
          ErrorCode.INSUFFICIENT_THREADS, String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Runs the guest.
   *
   * @throws PageFerryException FENCED if this daemon may not; WRONG_GUEST_STATE if it has ended;
   *     INSUFFICIENT_THREADS if its vCPUs cannot all have a thread, and then none runs
   */
  public void resume() {
    fence.whileHeld(() -> {
      if (machine.state() == Machine.State.STOPPED) {
        throw new PageFerryException(
            ErrorCode.WRONG_GUEST_STATE, ending() + " Unload it and load another.");
      }
      startThreads();
      machine.resume();
    });
  }

  /** How a guest that is stopped came to its end, in a sentence or two. */
  public String ending() {
    String failure = machine.failure();
    return failure == null
        ? "Guest " + name() + " has ended with exit code " + machine.exitCode() + "."
        : "Guest " + name() + " has failed. " + failure;
  }

  /**
   * Stops every vCPU; idempotent.
   *
   * @return how long it took, in nanoseconds
   * @throws PageFerryException FENCED or WRONG_GUEST_STATE if it is not this daemon's to pause
   */
  public long pause() {
    long start = System.nanoTime();
    fence.whileHeld(machine::pause);
    return System.nanoTime() - start;
  }

  /**
   * Puts bytes into the queue of its serial port.
   *
   * @throws PageFerryException WRONG_GUEST_STATE if there is no room, or while it is handed over;
   *     FENCED once it was
   */
  public void type(byte[] data) {
    fence.whileHeld(() -> {
      if (!machine.console().send(data)) {
        throw new PageFerryException(
            ErrorCode.WRONG_GUEST_STATE,
            "The guest has not read its console: no room for "
                + data.length
                + " more bytes in its queue of "
                + Console.INPUT_CAPACITY
                + ".");
      }
    });
  }

  /**
   * Declares the data of a page lost: each access to it raises a machine check in the guest.
   *
   * @throws IllegalArgumentException if the address is in no slot
   * @throws PageFerryException WRONG_GUEST_STATE if the page has not come yet; FENCED if the guest
   *     is not this daemon's
   */
  public void poison(long guestPhysicalAddress) {
    MemorySlot slot = slotAt(guestPhysicalAddress);
    long page = PageGeometry.pages(guestPhysicalAddress - slot.base());
    fence.whileHeld(() -> {
      requireHere(slot, page, page);
      var _ = machine.poison(slot, page);
    });
  }

  /**
   * Makes pages whose data was lost pages of zeros.
   *
   * @param addresses an address of each; none for all of them
   * @return how many
   * @throws IllegalArgumentException if an address is in no slot
   * @throws PageFerryException FENCED if the guest is not this daemon's
   */
  public long unpoison(List<Long> addresses) {
    long[] pages = {0};
    fence.whileHeld(() -> {
      for (long address : addresses) {
        MemorySlot slot = slotAt(address);
        pages[0] += machine.unpoison(slot, PageGeometry.pages(address - slot.base())) ? 1 : 0;
      }
      if (addresses.isEmpty()) {
        for (MemorySlot slot : memory().slots()) {
          for (long page = slot.nextPoisoned(0);
              page >= 0;
              page = page + 1 < slot.pageCount() ? slot.nextPoisoned(page + 1) : -1) {
            pages[0] += machine.unpoison(slot, page) ? 1 : 0;
          }
        }
      }
    });
    return pages[0];
  }

  private MemorySlot slotAt(long guestPhysicalAddress) {
    MemorySlot slot = memory().slotAt(guestPhysicalAddress);
    if (slot == null) {
      throw new IllegalArgumentException(
          "Guest "
              + name()
              + " has no memory at 0x"
              + Long.toHexString(guestPhysicalAddress)
              + ".");
    }
    return slot;
  }

  /**
   * SHA-256 of all memory, in order of slots.
   *
   * @throws PageFerryException WRONG_GUEST_STATE if it runs, also meanwhile, or pages are missing;
   *     FENCED if it is not this daemon's, NO_GUEST if it is unloaded meanwhile
   */
  public String memorySha256() {
    requireStill();
    long before = instructions();
    String digest = whileHere(this::digestOfMemory);
    // It takes seconds, in which the guest may have been resumed, or handed over.
    requireStill();
    if (instructions() != before) {
      throw new PageFerryException(
          ErrorCode.WRONG_GUEST_STATE,
          "Guest " + name() + " ran while its memory was read; pause it and try again.");
    }
    return digest;
  }

  private long instructions() {
    return machine.vcpus().stream().mapToLong(Vcpu::instructions).sum();
  }

  private String digestOfMemory() {
    MessageDigest digest = sha256();
    byte[] chunk = new byte[HASH_CHUNK_BYTES];
    if (pages != null && !pages.isComplete()) {
      throw new PageFerryException(
          ErrorCode.WRONG_GUEST_STATE,
          "Guest "
              + name()
              + " has pages that have not come yet; wait until the migration is complete.");
    }
    for (MemorySlot slot : memory().slots()) {
      for (long at = 0; at < slot.sizeBytes(); at += chunk.length) {
        int length = (int) Math.min(chunk.length, slot.sizeBytes() - at);
        MemorySegment.copy(slot.segment(), at, MemorySegment.ofArray(chunk), 0, length);
        digest.update(chunk, 0, length);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /**
   * SHA-256 of registers and devices.
   *
   * @throws PageFerryException WRONG_GUEST_STATE if it runs
   */
  public String stateSha256() {
    requireStill();
    return HexFormat.of().formatHex(sha256().digest(machine.saveState()));
  }

  private void requireStill() {
    if (machine.state() == Machine.State.RUNNING) {
      throw new PageFerryException(
          ErrorCode.WRONG_GUEST_STATE, "Guest " + name() + " runs; pause it first.");
    }
    if (!fence.isHeld()) {
      throw new PageFerryException(
          ErrorCode.FENCED,
          "Guest " + name() + " is not held by this daemon; ask the one that holds it.");
    }
  }

  /**
   * Bytes of guest memory as they are now, while the guest may run.
   *
   * @throws IllegalArgumentException if they do not all lie in one slot, or are none or too many
   * @throws PageFerryException WRONG_GUEST_STATE if one of the pages is not here, NO_GUEST if it is
   *     unloaded meanwhile
   */
  public byte[] read(long guestPhysicalAddress, int length) {
    if (!fence.isHeld()) {
      throw new PageFerryException(
          ErrorCode.WRONG_GUEST_STATE, "The memory of guest " + name() + " is not at this daemon.");
    }
    return whileHere(() -> bytes(guestPhysicalAddress, length));
  }

  private byte[] bytes(long guestPhysicalAddress, int length) {
    MemorySlot slot = memory().slotAt(guestPhysicalAddress);
    if (slot == null
        || length < 1
        || length > MAX_READ_BYTES
        || !slot.contains(guestPhysicalAddress + length - 1)) {
      throw new IllegalArgumentException(
          "%s bytes from address 0x%x on cannot be read: 1 to %d bytes of one memory slot can."
              .formatted(Integer.toUnsignedString(length), guestPhysicalAddress, MAX_READ_BYTES));
    }
    long offset = guestPhysicalAddress - slot.base();
    requireHere(slot, PageGeometry.pages(offset), PageGeometry.pages(offset + length - 1));
    return slot.segment().asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
  }

  private void requireHere(MemorySlot slot, long firstPage, long lastPage) {
    SlotPages coming = pages == null ? null : pages.of(slot);
    for (long page = firstPage; page <= lastPage; page++) {
      if (coming != null && !coming.states().isPresent(page)) {
        throw new PageFerryException(
            ErrorCode.WRONG_GUEST_STATE,
            "Page " + page + " of slot " + slot.id() + " is not at this daemon.");
      }
    }
  }

  /** Its owner may close the memory at any time; readers are told, not failed. */
  private <T> T whileHere(Supplier<T> reading) {
    return memory()
        .whileMapped(reading)
        .orElseThrow(() ->
            new PageFerryException(
                ErrorCode.NO_GUEST, "Guest " + name() + " was unloaded before it was read."));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256.", e);
    }
  }

  /** Memory of {@code bitmaps} bitmaps for each page, in bits a page, as allocated. */
  public double bitsPerPage(int bitmaps) {
    long bits = 0;
    for (MemorySlot slot : memory().slots()) {
      long words = (slot.pageCount() + 63) / 64;
      bits += bitmaps * words * 64;
    }
    return (double) bits / PageGeometry.pages(memory().sizeBytes());
  }

  /** Ends the vCPUs and unmaps the memory. Idempotent. */
  @Override
  public void close() {
    machine.close();
    memory().close();
  }
}
