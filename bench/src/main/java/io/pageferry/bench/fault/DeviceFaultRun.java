package io.pageferry.bench.fault;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.pageferry.dest.fault.FaultResolver;
import io.pageferry.dest.fault.FaultWaiters;
import io.pageferry.dest.fault.PageFetcher;
import io.pageferry.dest.prefetch.Prefetch;
import io.pageferry.dest.prefetch.PrefetchPolicy;
import io.pageferry.dest.timing.Fault;
import io.pageferry.dest.timing.FaultTimings;
import io.pageferry.fault.GuestPages;
import io.pageferry.fault.SlotPages;
import io.pageferry.fault.mechanism.MechanismChoice;
import io.pageferry.fault.mechanism.MechanismKind;
import io.pageferry.guest.AsynchronousFaults;
import io.pageferry.guest.FaultHandler;
import io.pageferry.guest.Machine;
import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.Vcpu;
import io.pageferry.guest.VcpuExit;
import io.pageferry.guest.machine.Machines;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.telemetry.LatencyHistogram;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * A guest whose DMA device fills all of its memory, in which each page traps the device once and is
 * there already: what an asynchronous fault costs without a network. The mechanism is {@code
 * exit-always}; resolver and device are those of a real destination. The guest's vCPU sleeps. Used
 * by one thread.
 */
final class DeviceFaultRun implements AutoCloseable {
  /** Rings the bell of a ring of one descriptor behind the code, and sleeps. */
  private static final int[] CODE = {
    0x1001_02b7, // lui   t0, 0x10010      the device
    0x0010_0313, // addi  t1, zero, 1
    0x01f3_1393, // slli  t2, t1, 31       RAM
    0x0803_8393, // addi  t2, t2, 0x80     the ring
    0x0072_b023, // sd    t2, 0x00(t0)
    0x0062_b423, // sd    t1, 0x08(t0)
    0x0062_b823, // sd    t1, 0x10(t0)
    0x1050_0073, // wfi
    0xffdf_f06f, // j     wfi
  };

  private static final long RING = 0x80;
  private static final long STATUS = RING + 0x20;
  private static final long FILL = 1;
  private static final long LOOK_MILLIS = 1;
  private static final long PATIENCE_MILLIS = 60_000;

  private final GuestMemory memory;
  private final MemorySlot slot;
  private final FaultResolver resolver;
  private final Machine machine;

  /**
   * A guest that does not run.
   *
   * @param pages how many asynchronous faults there will be
   * @param latencies of each fault, in nanoseconds
   */
  DeviceFaultRun(long pages, LatencyHistogram latencies) {
    MachineSpec spec =
        MachineSpec.withRam(
            "dma", 1, PageGeometry.bytes(pages + 1), new MachineSpec.Kind.Riscv(), 0);
    memory = GuestMemory.anonymous(spec.slots());
    slot = memory.slots().getFirst();
    load();
    GuestPages guest =
        GuestPages.missing(
            memory, new MechanismChoice(MechanismKind.EXIT_ALWAYS, Map.of()).of(memory));
    SlotPages all = guest.slots().getFirst();
    all.states().present(0, all.states().claim(0, slot.pageCount()));
    resolver =
        new FaultResolver(
            guest, new FaultWaiters(1), 1, PrefetchPolicy.Kind.none, new FaultTimings(1, false));
    resolver.fetchOn(List.of(new NoFetcher(), new NoFetcher()), failure -> {});
    machine = Machines.create(spec, memory, MachineSpec.RAM_BASE, recording(latencies));
    resolver.startDeviceThread();
  }

  private void load() {
    MemorySegment bytes = slot.segment();
    for (int i = 0; i < CODE.length; i++) {
      bytes.set(JAVA_INT_UNALIGNED, i * 4L, CODE[i]);
    }
    bytes.set(JAVA_LONG_UNALIGNED, RING + 0x08, MachineSpec.RAM_BASE + PageGeometry.PAGE_SIZE);
    bytes.set(JAVA_LONG_UNALIGNED, RING + 0x10, slot.sizeBytes() - PageGeometry.PAGE_SIZE);
    bytes.set(JAVA_LONG_UNALIGNED, RING + 0x18, FILL);
  }

  private FaultHandler recording(LatencyHistogram latencies) {
    return new FaultHandler() {
      @Override
      public void resolve(Vcpu vcpu, VcpuExit.MemoryFault fault) {
        resolver.resolve(vcpu, fault);
      }

      @Override
      public void asynchronousFaults(AsynchronousFaults queue) {
        resolver.asynchronousFaults(queue);
        queue.recordLatencies(latencies::record);
      }
    };
  }

  /** Nothing is missing, so nothing is asked for. */
  private static final class NoFetcher implements PageFetcher {
    @Override
    public long fetch(int slotId, long page, Prefetch prefetch, BooleanSupplier done) {
      return Fault.NOT_SENT;
    }

    @Override
    public boolean isLost() {
      return false;
    }

    @Override
    public void ask(int slotId, long page, Prefetch prefetch) {}

    @Override
    public void serve(int descriptor, Runnable action, BooleanSupplier over) {}

    @Override
    public void await(BooleanSupplier done) {}

    @Override
    public void wake(Thread waiter) {}
  }

  /** Lets the device go through all pages. */
  void run() throws InterruptedException {
    machine.resume();
    for (long left = PATIENCE_MILLIS; left > 0; left -= LOOK_MILLIS) {
      if (slot.segment().get(JAVA_LONG_UNALIGNED, STATUS) != 0) {
        return;
      }
      Thread.sleep(LOOK_MILLIS);
    }
    throw new IllegalStateException("The device has not filled memory within a minute.");
  }

  @Override
  public void close() {
    machine.close();
    resolver.endDeviceThread();
    memory.close();
  }
}
