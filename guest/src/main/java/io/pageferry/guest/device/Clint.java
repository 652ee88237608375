package io.pageferry.guest.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;

/**
 * The core-local interruptor: software interrupts, timers and the time, laid out as SiFive's and
 * QEMU's. A hart asks it which of its interrupts are pending. Any thread; every register is
 * volatile.
 */
public final class Clint implements Device {
  /** Where it is. */
  public static final long BASE = 0x200_0000;

  private static final long MSIP = 0;
  private static final long MTIMECMP = 0x4000;
  private static final long MTIME = 0xbff8;

  private final GuestClock clock;
  private final AtomicIntegerArray softwarePending;
  private final AtomicLongArray deadlines;
  private final IntConsumer signal;
  private final LongSupplier firstHartInstructions;

  /**
   * Made by the machine.
   *
   * @param signal called with a hart's number when its interrupts may have changed
   * @param firstHartInstructions instructions retired by hart 0, possibly a little late
   */
  public Clint(
      int harts, GuestClock clock, IntConsumer signal, LongSupplier firstHartInstructions) {
    this.clock = clock;
    this.softwarePending = new AtomicIntegerArray(harts);
    this.deadlines = new AtomicLongArray(harts);
    this.signal = signal;
    this.firstHartInstructions = firstHartInstructions;
    for (int hart = 0; hart < harts; hart++) {
      deadlines.set(hart, -1);
    }
  }

  /** Whose time {@code mtime} is. */
  public GuestClock clock() {
    return clock;
  }

  private int harts() {
    return deadlines.length();
  }

  /** Whether the software interrupt of a hart is pending. */
  public boolean softwarePending(int hart) {
    return softwarePending.get(hart) != 0;
  }

  /** Makes the software interrupt of a hart pending, as a store to its msip register does. */
  public void raiseSoftware(int hart) {
    writeMsip(hart, 1);
  }

  /** Time at which the timer interrupt of a hart becomes pending; unsigned. */
  public long deadline(int hart) {
    return deadlines.get(hart);
  }

  /** The time as hart {@code hart} sees it after {@code retired} instructions. */
  public long time(int hart, long retired) {
    return clock.ticks(count(hart, retired));
  }

  private long count(int hart, long retired) {
    return hart == 0 ? retired : clock.counting() ? firstHartInstructions.getAsLong() : 0;
  }

  /** Whether the timer interrupt of a hart is pending after {@code retired} instructions. */
  public boolean timerPending(int hart, long retired) {
    long deadline = deadlines.get(hart);
    return deadline != -1 && Long.compareUnsigned(time(hart, retired), deadline) >= 0;
  }

  /** An idle hart of a machine with a counting clock does not wait for its timer. */
  public void skipToDeadline(int hart, long retired) {
    clock.skipTo(deadlines.get(hart), count(hart, retired));
  }

  @Override
  public String tag() {
    return "clint";
  }

  @Override
  public long base() {
    return BASE;
  }

  @Override
  public long sizeBytes() {
    return 0x1_0000;
  }

  /** {@inheritDoc} What lies beyond an aligned double word reads as zero. */
  @Override
  public long load(long offset, int size, int hart, long retired) {
    long aligned = register(offset & ~7L, hart, retired);
    return (aligned >>> ((offset & 7) * Byte.SIZE)) & mask(size);
  }

  private long register(long offset, int hart, long retired) {
    if (offset < MTIMECMP) {
      int first = (int) (offset >>> 2);
      return msip(first) | ((long) msip(first + 1) << 32);
    }
    int index = (int) ((offset - MTIMECMP) >>> 3);
    if (index < harts()) {
      return deadlines.get(index);
    }
    return offset == MTIME ? time(hart, retired) : 0;
  }

  private int msip(int index) {
    return index < harts() ? softwarePending.get(index) : 0;
  }

  /** {@inheritDoc} Stores 4 or 8 bytes, aligned; anything else is ignored. */
  @Override
  public int store(long offset, int size, long value, int hart, long retired) {
    write(offset, size, value, hart, retired);
    return GO_ON;
  }

  private void write(long offset, int size, long value, int hart, long retired) {
    if (size < Integer.BYTES || (offset & (size - 1)) != 0) {
      return;
    }
    if (offset < MTIMECMP) {
      writeMsip((int) (offset >>> 2), (int) value & 1);
      return;
    }
    long aligned = offset & ~7L;
    int shift = (int) (offset & 7) * Byte.SIZE;
    long mask = mask(size) << shift;
    long merged = (register(aligned, hart, retired) & ~mask) | ((value << shift) & mask);
    int index = (int) ((aligned - MTIMECMP) >>> 3);
    if (index < harts()) {
      deadlines.set(index, merged);
      signal.accept(index);
    } else if (aligned == MTIME) {
      clock.set(merged, count(hart, retired));
      for (int other = 0; other < harts(); other++) {
        signal.accept(other);
      }
    }
  }

  private void writeMsip(int index, int value) {
    if (index >= MSIP && index < harts()) {
      softwarePending.set(index, value);
      signal.accept(index);
    }
  }

  @Override
  public void save(DataOutput out) throws IOException {
    out.writeLong(clock.offset());
    for (int hart = 0; hart < harts(); hart++) {
      out.writeBoolean(softwarePending(hart));
      out.writeLong(deadline(hart));
    }
  }

  @Override
  public void load(DataInput in) throws IOException {
    clock.restore(in.readLong());
    for (int hart = 0; hart < harts(); hart++) {
      softwarePending.set(hart, in.readBoolean() ? 1 : 0);
      deadlines.set(hart, in.readLong());
    }
  }

  private static long mask(int size) {
    return size == Long.BYTES ? -1L : (1L << (size * Byte.SIZE)) - 1;
  }
}
