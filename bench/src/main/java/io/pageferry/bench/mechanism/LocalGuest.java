package io.pageferry.bench.mechanism;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import com.sun.management.OperatingSystemMXBean;
import io.pageferry.client.FerryException;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.dest.fault.FaultResolver;
import io.pageferry.dest.fault.FaultWaiters;
import io.pageferry.dest.install.Acknowledgements;
import io.pageferry.dest.install.PageInstaller;
import io.pageferry.dest.prefetch.PrefetchPolicy;
import io.pageferry.dest.timing.FaultTimings;
import io.pageferry.fault.GuestPages;
import io.pageferry.fault.mechanism.MechanismKind;
import io.pageferry.guest.Machine;
import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.machine.Machines;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.PageHash;
import io.pageferry.proto.v1.Distribution;
import io.pageferry.wire.LaneKind;
import io.pageferry.wire.PageSink;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * A guest that stands still, all of whose pages hold something, and which is run again and again
 * over memory that is missing: demand paging without a network. The destination's own code resolves
 * its faults. One thread.
 */
final class LocalGuest implements AutoCloseable {
  /** The last word of a page, which no vCPU uses. */
  private static final long MARK = PageGeometry.PAGE_SIZE - Long.BYTES;

  private static final Duration LOOK_INTERVAL = Duration.ofMillis(2);
  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private final MachineSpec spec;
  private final GuestMemory memory;
  private final byte[] state;
  private final long digest;

  LocalGuest(int vcpus, MachineSpec.Pattern pattern, long bytes, double writeRatio) {
    spec =
        MachineSpec.withRam(
            "cell", vcpus, bytes, new MachineSpec.Kind.Synthetic(pattern, 0, writeRatio, 7), 0);
    memory = GuestMemory.anonymous(spec.slots());
    long sum = 0;
    MemorySlot slot = memory.slots().getFirst();
    slot.written().setRange(0, slot.pageCount());
    for (long page = 0; page < slot.pageCount(); page++) {
      slot.segment().set(JAVA_LONG, PageGeometry.bytes(page) + MARK, page + 1);
      sum += PageHash.contribution(slot, page);
    }
    digest = sum;
    try (Machine machine = Machines.create(spec, memory, 0, (vcpu, fault) -> {})) {
      state = machine.saveState();
    }
  }

  /**
   * Runs it until every page has come, or for {@code limit}.
   *
   * @throws FerryException VERIFICATION_FAILED if a vCPU read what it must not, or a page differs
   */
  CellResult run(Cell cell, Duration limit) throws InterruptedException {
    MechanismKind kind = cell.mechanism();
    GuestMemory target = GuestMemory.anonymous(spec.slots());
    GuestPages pages = GuestPages.missing(target, kind.of(target));
    FaultWaiters waiters = new FaultWaiters(spec.vcpus());
    Acknowledgements nobodys = new Acknowledgements();
    nobodys.sendOn(message -> {});
    nobodys.begin();
    PageInstaller installer = new PageInstaller(pages, waiters, nobodys);
    FaultTimings timings = new FaultTimings(spec.vcpus(), false);
    FaultResolver resolver =
        new FaultResolver(pages, waiters, spec.vcpus(), PrefetchPolicy.Kind.none, timings);
    PageSink sink = installer.sink(LaneKind.DEMAND);
    List<LocalSource> sources =
        Stream.generate(() -> new LocalSource(memory, sink)).limit(spec.vcpus()).toList();
    resolver.fetchOn(
        sources,
        failure -> {
          throw new IllegalStateException("The faults of the guest are not served.", failure);
        });
    Machine machine = Machines.restore(state, target, resolver);
    try {
      machine.startThreads();
      long processor = SYSTEM.getProcessCpuTime();
      long start = System.nanoTime();
      machine.resume();
      while (!pages.isComplete() && System.nanoTime() - start < limit.toNanos()) {
        Thread.sleep(LOOK_INTERVAL);
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      double processorSeconds = (SYSTEM.getProcessCpuTime() - processor) / 1e9;
      machine.pause();
      long faults = timings.faults();
      var latency = timings.toMessage();
      bringTheRest(pages, sources.getFirst());
      verify(cell, machine, installer);
      return new CellResult(
          cell, faults, seconds, latency, processorSeconds, Distribution.getDefaultInstance());
    } finally {
      machine.pause();
      resolver.close();
      pages.close();
      machine.close();
      target.close();
    }
  }

  private static void bringTheRest(GuestPages pages, LocalSource source) {
    for (var slot : pages.slots()) {
      for (long page = 0; page < slot.slot().pageCount(); page++) {
        if (!slot.states().isPresent(page)) {
          source.ask(slot.slot().id(), page);
        }
      }
    }
  }

  private void verify(Cell cell, Machine machine, PageInstaller installer) {
    if (machine.state() == Machine.State.STOPPED || installer.digest() != digest) {
      throw new FerryException(
          ExitCode.VERIFICATION_FAILED,
          "Memory went wrong under " + cell.label() + ": exit code " + machine.exitCode() + ".");
    }
  }

  @Override
  public void close() {
    memory.close();
  }
}
