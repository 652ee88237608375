package io.pageferry.guest.synthetic;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.pageferry.guest.EmulatedVcpu;
import io.pageferry.guest.FirstInstruction;
import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.Vcpu;
import io.pageferry.guest.VcpuExit;
import io.pageferry.guest.state.MalformedStateException;
import io.pageferry.memory.FirstTouches;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.PageTrap;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A vCPU without instructions: it reads and writes pages in a seeded pattern at a given rate, for
 * sizes and rates that the interpreter cannot reach. Threads and lifecycle as for {@link Vcpu}.
 *
 * <p>Each vCPU has its own word in every page, so several can share all pages. A word holds 0 until
 * its vCPU writes it; then a count of its writes, marked with page and vCPU, which every access
 * verifies: what belongs to another page, vCPU or seed, or was damaged, ends the guest with exit
 * code 1. Nothing is cached between accesses, so there are no mappings to drop.
 */
public final class SyntheticVcpu implements EmulatedVcpu {
  /** Bytes from one vCPU's word to the next one's: 64 of them fill a page. */
  static final int WORD_SPACING = 64;

  private static final int COUNT_BITS = 24;
  private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;
  private static final long NO_PAGE = -1;

  private final int index;
  private final MemorySlot[] slots;
  private final long pages;
  private final long limit;
  private final double writeRatio;
  private final long tagSeed;
  private final SplitMix random;
  private final PagePattern pattern;
  private final Pacer pacer;

  /** Written with release by this vCPU's thread only, read by any. */
  private final AtomicLong accesses = new AtomicLong();

  private final FirstInstruction firstInstruction = new FirstInstruction();
  private final AtomicBoolean kicked = new AtomicBoolean();
  private volatile @Nullable Thread thread;

  /** The access to make next, chosen before it is tried, so that it can be tried again. */
  private long pendingPage = NO_PAGE;

  private boolean pendingWrite;

  private final VcpuExit.MemoryFault memoryFault = new VcpuExit.MemoryFault();
  private final VcpuExit interrupted = new VcpuExit.Interrupted();
  private final VcpuExit limitReached = new VcpuExit.LimitReached();
  private final VcpuExit corrupted = new VcpuExit.Shutdown(1);

  /** vCPU number {@code index} of a machine that is made as {@code spec} and {@code kind} say. */
  public SyntheticVcpu(
      int index, MachineSpec spec, MachineSpec.Kind.Synthetic kind, GuestMemory memory) {
    this.index = index;
    this.slots = memory.slots().toArray(MemorySlot[]::new);
    this.pages = memory.pageCount();
    this.limit = spec.stopAfterInstructions();
    this.writeRatio = kind.writeRatio();
    this.tagSeed = SplitMix.mix(kind.seed()) + index;
    this.random = new SplitMix(SplitMix.mix(tagSeed));
    this.pattern =
        new PagePattern(kind.pattern(), pages, kind.seed(), index * (pages / spec.vcpus()), random);
    this.pacer = new Pacer(kind.accessesPerSecond());
  }

  @Override
  public int index() {
    return index;
  }

  @Override
  public VcpuExit run() {
    thread = Thread.currentThread();
    while (true) {
      if (kicked.get()) {
        kicked.set(false);
        return interrupted;
      }
      long done = accesses.getPlain();
      if (limit > 0 && done >= limit) {
        return limitReached;
      }
      if (pacer.isEarly(done)) {
        continue;
      }
      VcpuExit exit = access();
      if (exit != null) {
        return exit;
      }
      accesses.setRelease(done + 1);
      firstInstruction.executed();
    }
  }

  private @Nullable VcpuExit access() {
    if (pendingPage == NO_PAGE) {
      pendingPage = pattern.next();
      pendingWrite = random.unit() < writeRatio;
    }
    long page = pendingPage;
    for (MemorySlot slot : slots) {
      if (page < slot.pageCount()) {
        return access(slot, page);
      }
      page -= slot.pageCount();
    }
    throw new IllegalStateException("Page " + pendingPage + " lies in no slot.");
  }

  private @Nullable VcpuExit access(MemorySlot slot, long page) {
    long offset = PageGeometry.bytes(page) + (long) index * WORD_SPACING;
    PageTrap trap = slot.trap();
    if (trap != null && trap.traps(page)) {
      VcpuExit.Access kind = pendingWrite ? VcpuExit.Access.WRITE : VcpuExit.Access.READ;
      return memoryFault.set(slot.base() + offset, Long.BYTES, kind, true);
    }
    if (slot.isPoisoned(page)) {
      // The machine check has no handler to go to: the access is given up, and counts.
      pendingPage = NO_PAGE;
      return null;
    }
    FirstTouches firstTouches = slot.firstTouches();
    if (firstTouches != null) {
      firstTouches.touch(page);
    }
    long found = slot.segment().get(JAVA_LONG, offset);
    if (found != 0 && found != tagged(found & COUNT_MASK)) {
      return corrupted;
    }
    if (pendingWrite) {
      // INVARIANT: a page's written bit is set before the page is written.
      if (!slot.written().get(page)) {
        var _ = slot.written().set(page);
      }
      long count = (found & COUNT_MASK) + 1;
      slot.segment().set(JAVA_LONG, offset, tagged(count > COUNT_MASK ? 1 : count));
    }
    pendingPage = NO_PAGE;
    return null;
  }

  /** A count of writes, never 0, marked as this vCPU's in the page it accesses. */
  private long tagged(long count) {
    long mark = SplitMix.mix(SplitMix.mix(tagSeed ^ count) + pendingPage);
    return (mark & ~COUNT_MASK) | count;
  }

  @Override
  public void kick() {
    kicked.set(true);
    LockSupport.unpark(thread);
  }

  @Override
  public boolean kicked() {
    return kicked.get();
  }

  @Override
  public long instructions() {
    return accesses.getAcquire();
  }

  @Override
  public FirstInstruction firstInstruction() {
    return firstInstruction;
  }

  @Override
  public void save(DataOutput out) throws IOException {
    out.writeLong(accesses.get());
    out.writeLong(random.state());
    out.writeLong(pattern.position());
    out.writeLong(pendingPage);
    out.writeBoolean(pendingWrite);
  }

  @Override
  public void load(DataInput in) throws IOException {
    long done = in.readLong();
    long randomState = in.readLong();
    long position = in.readLong();
    long page = in.readLong();
    boolean write = in.readBoolean();
    if (done < 0 || position < 0 || page < NO_PAGE || page >= pages) {
      throw new MalformedStateException(
          "vCPU " + index + " is not one of a guest with " + pages + " pages");
    }
    accesses.set(done);
    random.restore(randomState);
    pattern.restore(position);
    pendingPage = page;
    pendingWrite = write;
    pacer.restart();
    firstInstruction.await();
  }

  @Override
  public void dropMappings() {
    // Every access tests the userfault bit.
  }

  /**
   * Holds accesses to a rate. After a stall they are made up for, up to {@link #MAX_LAG_NANOS}.
   * Used by the vCPU's thread.
   */
  private static final class Pacer {
    private static final long MAX_LAG_NANOS = 100_000_000;

    private final double nanosPerAccess;
    private boolean started;
    private long startNanos;
    private long startAccesses;

    Pacer(long accessesPerSecond) {
      nanosPerAccess = accessesPerSecond > 0 ? 1e9 / accessesPerSecond : 0;
    }

    /** Forgets what is due. */
    void restart() {
      started = false;
    }

    /** Whether the next access is not due yet; parks until then, or until unparked. */
    boolean isEarly(long accesses) {
      if (nanosPerAccess == 0) {
        return false;
      }
      long now = System.nanoTime();
      if (!started) {
        begin(now, accesses);
      }
      long ahead = startNanos + (long) ((accesses - startAccesses) * nanosPerAccess) - now;
      if (ahead > 0) {
        LockSupport.parkNanos(ahead);
        return true;
      }
      if (ahead < -MAX_LAG_NANOS) {
        begin(now - MAX_LAG_NANOS, accesses);
      }
      return false;
    }

    private void begin(long now, long accesses) {
      started = true;
      startNanos = now;
      startAccesses = accesses;
    }
  }
}
