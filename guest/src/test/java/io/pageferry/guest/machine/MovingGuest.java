package io.pageferry.guest.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.guest.AsynchronousFault;
import io.pageferry.guest.AsynchronousFaults;
import io.pageferry.guest.FaultHandler;
import io.pageferry.guest.Machine;
import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.Vcpu;
import io.pageferry.guest.VcpuExit;
import io.pageferry.guest.program.BundledPrograms;
import io.pageferry.guest.program.ElfLoader;
import io.pageferry.guest.program.ParameterBlock;
import io.pageferry.guest.program.ProgramParameters;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.UserfaultBitmap;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A machine that runs a bundled program, or the continuation of another one, whose pages then come
 * on demand as they do in post-copy. Used by one thread.
 */
final class MovingGuest implements AutoCloseable {
  static final long RAM_BYTES = 8 << 20;

  private final @Nullable MovingGuest origin;
  private final AtomicLong faults = new AtomicLong();
  private final AtomicLong asynchronous = new AtomicLong();
  private final Pages pages = new Pages();
  private final long heldFault;
  private volatile boolean held;

  final GuestMemory memory;
  final Machine machine;

  private MovingGuest(MovingGuest origin, long heldFault) {
    this.origin = origin;
    this.heldFault = heldFault;
    memory = GuestMemory.anonymous(origin.machine.spec().slots());
    machine = Machines.restore(origin.machine.saveState(), memory, pages);
    memory.slots().forEach(slot -> machine.enableUserfault(slot.id()));
  }

  /**
   * A program that has not started.
   *
   * @param heldFault number of the fault that stays unresolved, from 1; 0 for none
   */
  MovingGuest(MachineSpec spec, String program, ProgramParameters parameters, long heldFault) {
    this.origin = null;
    this.heldFault = heldFault;
    memory = GuestMemory.anonymous(spec.slots());
    long entry =
        ElfLoader.load(BundledPrograms.elf(program), memory, ParameterBlock.of(spec, parameters));
    machine = Machines.create(spec, memory, entry, pages);
    memory.slots().forEach(slot -> machine.enableUserfault(slot.id()));
  }

  static MachineSpec spec(int harts, long limit) {
    return MachineSpec.withRam("moving", harts, RAM_BYTES, new MachineSpec.Kind.Riscv(), limit);
  }

  /** Pauses the guest and gives its continuation, to which pages go when it asks for them. */
  MovingGuest move(long nextHeldFault) {
    machine.pause();
    return new MovingGuest(this, nextHeldFault);
  }

  /** Brings what vCPUs and the device wait for. */
  private final class Pages implements FaultHandler {
    private @Nullable AsynchronousFaults queue;

    @Override
    public void resolve(Vcpu vcpu, VcpuExit.MemoryFault fault) {
      if (faults.incrementAndGet() == heldFault) {
        held = true;
        while (!vcpu.kicked()) {
          LockSupport.park();
        }
        return;
      }
      bring(fault.guestPhysicalAddress());
    }

    @Override
    public void asynchronousFaults(AsynchronousFaults ofDevice) {
      queue = ofDevice;
      var _ = Thread.ofPlatform().daemon().start(() -> bringTo(ofDevice));
    }

    private void bringTo(AsynchronousFaults ofDevice) {
      List<AsynchronousFault> read = new ArrayList<>();
      while (ofDevice.awaitFaults()) {
        var _ = ofDevice.read(read::add);
        read.forEach(fault -> bring(fault.guestPhysicalAddress()));
        asynchronous.addAndGet(read.size());
        read.clear();
        ofDevice.resolved();
      }
    }

    void end() {
      Objects.requireNonNull(queue).endReading();
    }
  }

  /** Makes a page present, once, after the machines before this one have it. */
  private synchronized void bring(long address) {
    MemorySlot slot = Objects.requireNonNull(memory.slotAt(address));
    UserfaultBitmap bitmap = Objects.requireNonNull(slot.userfault());
    long page = PageGeometry.pages(address - slot.base());
    if (!bitmap.traps(page)) {
      return;
    }
    if (origin != null) {
      origin.bring(address);
      MemorySlot from = Objects.requireNonNull(origin.memory.slotAt(address));
      long offset = PageGeometry.bytes(page);
      MemorySegment.copy(from.segment(), offset, slot.segment(), offset, PageGeometry.PAGE_SIZE);
    }
    bitmap.lift(page, 1);
  }

  /** Makes every page present. */
  void drain() {
    for (MemorySlot slot : memory.slots()) {
      for (long page = 0; page < slot.pageCount(); page++) {
        bring(slot.base() + PageGeometry.bytes(page));
      }
    }
  }

  long faults() {
    return faults.get();
  }

  /** Faults of the device. */
  long asynchronousFaults() {
    return asynchronous.get();
  }

  void awaitHeld() {
    Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> held);
  }

  void awaitInstructions(long count) {
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .pollInterval(Duration.ofMillis(2))
        .until(() -> machine.vcpus().getFirst().instructions() > count);
  }

  void runToTheEnd() {
    machine.resume();
    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(2))
        .until(() -> machine.state() == Machine.State.STOPPED);
    machine.pause();
    assertThat(machine.failure()).isNull();
  }

  String output() {
    return new String(machine.console().read(0), StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    machine.close();
    pages.end();
    memory.close();
  }
}
