package io.pageferry.dest.timing;

import io.pageferry.daemon.admin.DaemonControl;
import io.pageferry.proto.v1.PageOrigin;
import io.pageferry.proto.v1.SlowFault;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * The slowest faults of each vCPU, a fixed number. vCPU threads {@link #offer}, each its own; any
 * thread reads. Nothing is allocated or locked by a vCPU, and a fault that is not among its slowest
 * costs it one comparison.
 */
final class SlowestFaults {
  /** Faults kept for each vCPU, and so the most that can be asked for. */
  static final int KEPT = DaemonControl.MOST_SLOWEST_FAULTS;

  private final Table[] tables;

  SlowestFaults(int vcpus) {
    tables = Stream.generate(Table::new).limit(vcpus).toArray(Table[]::new);
  }

  /** A fault is over. By its vCPU's thread. */
  void offer(Fault fault) {
    tables[fault.vcpu()].offer(fault);
  }

  /**
   * The slowest of all vCPUs, slowest first.
   *
   * @param limit at most so many, up to {@link #KEPT}
   * @param originNanos what times are counted from
   */
  List<SlowFault> slowest(int limit, long originNanos) {
    List<SlowFault> all = new ArrayList<>();
    for (int vcpu = 0; vcpu < tables.length; vcpu++) {
      long[] rows = tables[vcpu].read();
      for (int at = 0; at < rows.length && rows[at] != Table.UNUSED; at += Table.FIELDS) {
        all.add(message(vcpu, rows, at, originNanos));
      }
    }
    return all.stream()
        .sorted(Comparator.comparingLong(SlowFault::getTotalNanos).reversed())
        .limit(limit)
        .toList();
  }

  private static SlowFault message(int vcpu, long[] rows, int at, long originNanos) {
    return SlowFault.newBuilder()
        .setVcpu(vcpu)
        .setTotalNanos(rows[at])
        .setAtNanos(Math.max(0, rows[at + Table.EXIT] - originNanos))
        .setGuestPhysicalAddress(rows[at + Table.ADDRESS])
        .setSlot((int) rows[at + Table.SLOT])
        .setPage(rows[at + Table.PAGE])
        .setOrigin(PageOrigin.forNumber((int) rows[at + Table.ORIGIN]))
        .setQueueNanos(rows[at + Table.QUEUE])
        .setWireNanos(rows[at + Table.WIRE])
        .setInstallNanos(rows[at + Table.INSTALL])
        .setResumeNanos(rows[at + Table.RESUME])
        .build();
  }

  /**
   * Of one vCPU: rows without an order, filled from the first on. The writer makes the version odd,
   * changes a row, and makes it even again; a reader starts over when the version was odd or has
   * changed.
   */
  private static final class Table {
    /** Total of a row that is not used yet; the first field. */
    static final long UNUSED = 0;

    static final int EXIT = 1;
    static final int ADDRESS = 2;
    static final int SLOT = 3;
    static final int PAGE = 4;
    static final int ORIGIN = 5;
    static final int QUEUE = 6;
    static final int WIRE = 7;
    static final int INSTALL = 8;
    static final int RESUME = 9;
    static final int FIELDS = 10;

    private static final long RETRY_NANOS = 1_000;

    private final AtomicInteger version = new AtomicInteger();
    private final AtomicLongArray rows = new AtomicLongArray(KEPT * FIELDS);

    /** The next row to write, and its total: the fastest fault of those kept. Writer only. */
    private int next;

    private long threshold = UNUSED;

    void offer(Fault fault) {
      long total = Math.max(1, fault.totalNanos());
      if (total > threshold) {
        replace(total, fault);
        findNext();
      }
    }

    private void replace(long total, Fault fault) {
      int before = version.getPlain();
      version.setOpaque(before + 1);
      // No row changes before the version is odd. Pairs with the acquire fence of read().
      VarHandle.releaseFence();
      rows.setOpaque(next, total);
      rows.setOpaque(next + EXIT, fault.exitNanos());
      rows.setOpaque(next + ADDRESS, fault.address());
      rows.setOpaque(next + SLOT, fault.slotId());
      rows.setOpaque(next + PAGE, fault.page());
      rows.setOpaque(next + ORIGIN, fault.origin().getNumber());
      rows.setOpaque(next + QUEUE, fault.queueNanos());
      rows.setOpaque(next + WIRE, fault.wireNanos());
      rows.setOpaque(next + INSTALL, fault.installNanos());
      rows.setOpaque(next + RESUME, fault.resumeNanos());
      // The row is whole before the version is even. Pairs with the getAcquire of read().
      version.setRelease(before + 2);
    }

    private void findNext() {
      int fastest = 0;
      for (int at = 0; at < KEPT * FIELDS; at += FIELDS) {
        if (rows.getPlain(at) < rows.getPlain(fastest)) {
          fastest = at;
        }
      }
      next = fastest;
      threshold = rows.getPlain(fastest);
    }

    /** All rows at one moment. */
    long[] read() {
      long[] copy = new long[rows.length()];
      while (true) {
        int before = version.getAcquire();
        for (int i = 0; i < copy.length; i++) {
          copy[i] = rows.getOpaque(i);
        }
        // Every row is read before the version is read again.
        VarHandle.acquireFence();
        if ((before & 1) == 0 && version.getOpaque() == before) {
          return copy;
        }
        LockSupport.parkNanos(RETRY_NANOS);
      }
    }
  }
}
