package io.pageferry.guest.device;

import static io.pageferry.guest.state.MalformedStateException.require;

import io.pageferry.guest.device.DeviceMemory.Outcome;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A device that copies, fills and sums up guest memory by itself. The guest puts descriptors
 * ({@link Transfer}) into a ring in its memory and rings a bell; the device works through them in
 * order, on a thread of its own, which calls {@link #work}.
 *
 * <p>Registers, of 8 bytes; stores of other sizes are ignored:
 *
 * <pre>
 * 0x00  ring      address of the ring, a multiple of 64
 * 0x08  size      descriptors in the ring, a power of two up to 65536; 0: there is no ring
 * 0x10  head      descriptors that the guest has put into the ring since it was set up: the bell
 * 0x18  tail      of them, those that are over; read only
 * 0x20  status    0 idle, 1 at work, 2 broken: the ring is in no memory, or head is impossible. A
 *                 store forgets what has not begun, and mends the device
 * 0x28  interrupt 0 none, or 1 + the hart that gets a software interrupt for each descriptor
 * </pre>
 *
 * <p>A store to {@code ring} or {@code size} sets head and tail to 0; the guest makes it while the
 * device is idle. A descriptor's status and result are there once tail has passed it.
 *
 * <p>Registers: any thread, under the device's monitor. Its state is saved while the machine does
 * not run, also in the middle of a transfer.
 */
public final class Dma implements Device {
  /** Where it is; QEMU's {@code virt} machine has nothing there. */
  public static final long BASE = 0x1001_0000;

  private static final int RING = 0x00;
  private static final int SIZE = 0x08;
  private static final int HEAD = 0x10;
  private static final int TAIL = 0x18;
  private static final int STATUS = 0x20;
  private static final int INTERRUPT = 0x28;

  private static final int IDLE = 0;
  private static final int AT_WORK = 1;
  private static final int BROKEN = 2;
  private static final long MOST_DESCRIPTORS = 1 << 16;

  private final int harts;
  private final IntConsumer softwareInterrupt;
  private final Transfer transfer = new Transfer();
  private volatile @Nullable Thread worker;

  private long ring;
  private long size;
  private long head;
  private long tail;
  private boolean broken;
  private int interrupt;

  /**
   * An idle device.
   *
   * @param softwareInterrupt raises the software interrupt of a hart
   */
  public Dma(int harts, IntConsumer softwareInterrupt) {
    this.harts = harts;
    this.softwareInterrupt = softwareInterrupt;
  }

  @Override
  public String tag() {
    return "dma";
  }

  @Override
  public long base() {
    return BASE;
  }

  @Override
  public long sizeBytes() {
    return 0x1000;
  }

  @Override
  public synchronized long load(long offset, int size, int vcpu, long retired) {
    int shift = (int) (offset & 7) * Byte.SIZE;
    long word = register((int) offset & ~7) >>> shift;
    return size == Long.BYTES ? word : word & ((1L << (size * Byte.SIZE)) - 1);
  }

  private long register(int offset) {
    return switch (offset) {
      case RING -> ring;
      case SIZE -> size;
      case HEAD -> head;
      case TAIL -> tail;
      case STATUS -> status();
      case INTERRUPT -> interrupt;
      default -> 0;
    };
  }

  private int status() {
    if (broken) {
      return BROKEN;
    }
    return hasWork() ? AT_WORK : IDLE;
  }

  @Override
  public int store(long offset, int size, long value, int vcpu, long retired) {
    if (size == Long.BYTES && (offset & 7) == 0) {
      write((int) offset, value);
      LockSupport.unpark(worker);
    }
    return GO_ON;
  }

  private synchronized void write(int register, long value) {
    switch (register) {
      case RING -> {
        if (value % Transfer.DESCRIPTOR_BYTES == 0) {
          ring = value;
          head = 0;
          tail = 0;
        }
      }
      case SIZE -> {
        if (value >= 0 && value <= MOST_DESCRIPTORS && Long.bitCount(value) <= 1) {
          size = value;
          head = 0;
          tail = 0;
        }
      }
      case HEAD -> {
        if (value - tail >= 0 && value - tail <= size) {
          head = value;
        } else {
          broken = true;
        }
      }
      case STATUS -> {
        broken = false;
        head = tail;
      }
      case INTERRUPT -> {
        if (value >= 0 && value <= harts) {
          interrupt = (int) value;
        }
      }
      default -> {}
    }
  }

  private synchronized boolean hasWork() {
    return !broken && (transfer.isActive() || head - tail > 0);
  }

  /**
   * Works, and waits parked for the bell, until {@code goesOn} says no. By the device's thread, at
   * one machine's run after the other.
   *
   * @param goesOn asked between two pieces, and after {@link #wake}
   */
  public void work(DeviceMemory memory, BooleanSupplier goesOn) {
    worker = Thread.currentThread();
    while (goesOn.getAsBoolean()) {
      if (hasWork()) {
        step(memory);
      } else {
        LockSupport.park(this);
      }
    }
  }

  /** Makes {@link #work} ask whether it goes on, if it waits for the bell. Any thread. */
  public void wake() {
    LockSupport.unpark(worker);
  }

  private void step(DeviceMemory memory) {
    if (!transfer.isActive()) {
      breakIfRefused(transfer.begin(memory, next()));
    } else if (!transfer.isOver()) {
      transfer.advance(memory);
    } else {
      Outcome outcome = transfer.report(memory);
      breakIfRefused(outcome);
      if (outcome == Outcome.DONE) {
        passed();
      }
    }
  }

  private synchronized long next() {
    return ring + (tail & (size - 1)) * Transfer.DESCRIPTOR_BYTES;
  }

  private synchronized void breakIfRefused(Outcome outcome) {
    broken = broken || outcome == Outcome.REFUSED;
  }

  /** The interrupt is raised outside the monitor: it goes on to a vCPU. */
  private void passed() {
    int raised;
    synchronized (this) {
      tail++;
      raised = interrupt;
    }
    if (raised > 0) {
      softwareInterrupt.accept(raised - 1);
    }
  }

  @Override
  public synchronized void save(DataOutput out) throws IOException {
    for (long register : new long[] {ring, size, head, tail}) {
      out.writeLong(register);
    }
    out.writeBoolean(broken);
    out.writeInt(interrupt);
    transfer.save(out);
  }

  @Override
  public synchronized void load(DataInput in) throws IOException {
    ring = in.readLong();
    size = in.readLong();
    head = in.readLong();
    tail = in.readLong();
    broken = in.readBoolean();
    interrupt = in.readInt();
    boolean possible =
        ring % Transfer.DESCRIPTOR_BYTES == 0
            && size >= 0
            && size <= MOST_DESCRIPTORS
            && Long.bitCount(size) <= 1
            && head - tail <= size
            && interrupt >= 0
            && interrupt <= harts;
    require(possible, "its DMA device has registers that cannot be");
    transfer.load(in);
  }
}
