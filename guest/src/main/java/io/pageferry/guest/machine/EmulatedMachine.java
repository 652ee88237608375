package io.pageferry.guest.machine;

import io.pageferry.guest.AsynchronousFaults;
import io.pageferry.guest.Console;
import io.pageferry.guest.EmulatedVcpu;
import io.pageferry.guest.FaultHandler;
import io.pageferry.guest.Machine;
import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.Vcpu;
import io.pageferry.guest.VcpuExit;
import io.pageferry.guest.device.Bus;
import io.pageferry.guest.device.Clint;
import io.pageferry.guest.device.Dma;
import io.pageferry.guest.device.Finisher;
import io.pageferry.guest.device.GuestClock;
import io.pageferry.guest.device.Uart;
import io.pageferry.guest.riscv.Hart;
import io.pageferry.guest.state.StatePart;
import io.pageferry.guest.synthetic.SyntheticVcpu;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The machine: its parts, and a daemon thread for each vCPU and for the DMA device.
 *
 * <p>Two locks. {@link #control} makes resume, pause, close and the like one after the other, and
 * may be held while vCPUs come to the gate. The gate's own is held for moments; of the two, a
 * vCPU's or the device's thread takes only this one.
 *
 * <p>INVARIANT: whoever leaves the state RUNNING kicks every vCPU and the device afterwards, so
 * none stays in {@link Vcpu#run} or {@link FaultHandler#resolve}, or waits for a page.
 */
final class EmulatedMachine implements Machine {
  /** Exit code of a machine whose emulation failed; a guest's own are at most 65535. */
  static final int FAILED = -1;

  private static final Logger log = LoggerFactory.getLogger(EmulatedMachine.class);

  private final MachineSpec spec;
  private final GuestMemory memory;
  private final FaultHandler faults;
  private final Console console = new Console();
  private final List<EmulatedVcpu> vcpus = new ArrayList<>();
  private final Gate gate;
  private final Bus bus;
  private final DmaWorker dma;
  private final PrivateMemory privateMemory;
  private final MachineThreads threads;
  private final ReentrantLock control = new ReentrantLock();
  private final MachineFailure failure = new MachineFailure();

  EmulatedMachine(MachineSpec spec, GuestMemory memory, long entry, FaultHandler faults) {
    this(spec, memory, entry, faults, Thread.ofPlatform().daemon().factory());
  }

  /** The same, with threads from a factory. */
  EmulatedMachine(
      MachineSpec spec,
      GuestMemory memory,
      long entry,
      FaultHandler faults,
      ThreadFactory threadFactory) {
    this.spec = spec;
    this.memory = memory;
    this.faults = faults;
    GuestClock clock = new GuestClock(spec.stopAfterInstructions() > 0, System::nanoTime);
    gate = new Gate(clock);
    Clint clint =
        new Clint(
            spec.vcpus(),
            clock,
            index -> vcpus.get(index).signal(),
            () -> vcpus.getFirst().instructions());
    Dma device = new Dma(spec.vcpus(), clint::raiseSoftware);
    bus = new Bus(List.of(new Uart(console), clint, new Finisher(), device));
    AsynchronousFaults asynchronous = new AsynchronousFaults();
    faults.asynchronousFaults(asynchronous);
    dma = new DmaWorker(device, memory, asynchronous, gate, cause -> fail("Its DMA device", cause));
    privateMemory = new PrivateMemory(memory, dma::awaitPiece);
    for (int index = 0; index < spec.vcpus(); index++) {
      vcpus.add(makeVcpu(index, entry, clint));
    }
    threads = new MachineThreads(threadFactory, lives());
  }

  private List<MachineThreads.Life> lives() {
    List<MachineThreads.Life> lives = new ArrayList<>();
    for (EmulatedVcpu vcpu : vcpus) {
      lives.add(
          new MachineThreads.Life(
              "vcpu-" + vcpu.index(),
              "vCPU " + vcpu.index() + " of " + vcpus.size(),
              () -> faults.runVcpuThread(() -> drive(vcpu))));
    }
    lives.add(new MachineThreads.Life("dma-0", "the guest's DMA device", dma::live));
    return lives;
  }

  private EmulatedVcpu makeVcpu(int index, long entry, Clint clint) {
    return switch (spec.kind()) {
      case MachineSpec.Kind.Riscv() ->
          new Hart(index, entry, spec.stopAfterInstructions(), memory, clint, bus);
      case MachineSpec.Kind.Synthetic kind -> new SyntheticVcpu(index, spec, kind, memory);
    };
  }

  @Override
  public MachineSpec spec() {
    return spec;
  }

  @Override
  public GuestMemory memory() {
    return memory;
  }

  @Override
  public List<? extends Vcpu> vcpus() {
    return List.copyOf(vcpus);
  }

  @Override
  public State state() {
    return gate.state();
  }

  @Override
  public int exitCode() {
    return gate.exitCode();
  }

  @Override
  public @Nullable String failure() {
    return failure.sentence();
  }

  @Override
  public Console console() {
    return console;
  }

  @Override
  public void resume() {
    control.lock();
    try {
      // While control is held, nobody else makes a paused machine run.
      startThreads();
      gate.open();
    } finally {
      control.unlock();
    }
  }

  @Override
  public void startThreads() {
    control.lock();
    try {
      if (!gate.isOver()) {
        threads.start();
      }
    } finally {
      control.unlock();
    }
  }

  @Override
  public void pause() {
    checkNotOwnThread();
    control.lock();
    try {
      halt(State.PAUSED, 0);
      gate.awaitEmpty();
    } finally {
      control.unlock();
    }
  }

  private void checkNotOwnThread() {
    if (threads.includeCurrent()) {
      throw new IllegalStateException("A thread of the guest cannot wait for itself to pause.");
    }
  }

  /** Leaves the state RUNNING for another; the first to do so decides how. Any thread. */
  private void halt(State next, int code) {
    if (gate.shut(next, code)) {
      for (Vcpu vcpu : vcpus) {
        vcpu.kick();
        faults.kicked(vcpu);
      }
      dma.stop();
    }
  }

  @Override
  public void enableUserfault(int slotId) {
    whilePaused(() -> {
      var _ = slot(slotId).enableUserfault();
    });
  }

  @Override
  public void disableUserfault(int slotId) {
    whilePaused(() -> slot(slotId).disableUserfault());
  }

  @Override
  public boolean poison(MemorySlot slot, long page) {
    boolean[] fresh = {false};
    whilePaused(() -> fresh[0] = slot.poison(page));
    return fresh[0];
  }

  @Override
  public boolean unpoison(MemorySlot slot, long page) {
    boolean[] found = {false};
    whilePaused(() -> {
      if (slot.isPoisoned(page)) {
        slot.segment().asSlice(PageGeometry.bytes(page), PageGeometry.PAGE_SIZE).fill((byte) 0);
        found[0] = slot.unpoison(page);
      }
    });
    return found[0];
  }

  private MemorySlot slot(int id) {
    MemorySlot slot = memory.slot(id);
    if (slot == null) {
      throw new IllegalArgumentException("The guest has no memory slot " + id + ".");
    }
    return slot;
  }

  private void whilePaused(Runnable change) {
    control.lock();
    try {
      boolean wasRunning = state() == State.RUNNING;
      pause();
      try {
        change.run();
        vcpus.forEach(EmulatedVcpu::dropMappings);
        dma.dropTranslations();
      } finally {
        if (wasRunning) {
          resume();
        }
      }
    } finally {
      control.unlock();
    }
  }

  @Override
  public byte[] saveState() {
    control.lock();
    try {
      if (state() == State.RUNNING) {
        throw new IllegalStateException("The state of a running machine cannot be saved.");
      }
      gate.awaitEmpty();
      return MachineState.write(this);
    } finally {
      control.unlock();
    }
  }

  @Override
  public LongStream accessedNext() {
    control.lock();
    try {
      if (state() == State.RUNNING) {
        throw new IllegalStateException("A running machine is somewhere else by now.");
      }
      gate.awaitEmpty();
      return LongStream.of(vcpus.stream().flatMapToLong(EmulatedVcpu::accessedNext).toArray());
    } finally {
      control.unlock();
    }
  }

  /** Everything that is saved of it, but for what it is made of; used while nothing runs. */
  List<StatePart> parts() {
    List<StatePart> parts = new ArrayList<>();
    parts.add(gate);
    parts.addAll(bus.devices());
    parts.add(privateMemory);
    parts.addAll(vcpus);
    return parts;
  }

  @Override
  public void close() {
    checkNotOwnThread();
    control.lock();
    try {
      pause();
      gate.close();
      threads.join();
      // Whoever still looks at its counters and its console does not keep decoded code.
      vcpus.forEach(EmulatedVcpu::dropMappings);
    } finally {
      control.unlock();
    }
  }

  /** The life of a vCPU's thread. */
  private void drive(EmulatedVcpu vcpu) {
    long run = 0;
    while ((run = gate.pass(run)) != Gate.CLOSED) {
      boolean inside = true;
      try {
        boolean goesOn = true;
        while (goesOn && state() == State.RUNNING) {
          VcpuExit exit = vcpu.run();
          if (exit instanceof VcpuExit.MemoryFault fault
              && fault.userfault()
              && faults.blocks(fault)) {
            // The access has had no effect, and the vCPU is not in the guest while it waits: nobody
            // who pauses the machine waits for the page.
            gate.comeBack();
            inside = false;
            faults.resolve(vcpu, fault);
            run = gate.rejoin();
            if (run == Gate.CLOSED) {
              return;
            }
            inside = true;
          } else {
            goesOn = handle(vcpu, exit);
          }
        }
      } catch (RuntimeException | Error e) {
        fail("vCPU " + vcpu.index(), e);
      } finally {
        if (inside) {
          gate.comeBack();
        }
      }
    }
  }

  /**
   * Does what an exit asks for.
   *
   * @return whether the vCPU goes on in this run of the machine
   */
  private boolean handle(EmulatedVcpu vcpu, VcpuExit exit) {
    switch (exit) {
      case VcpuExit.MemoryFault fault -> {
        if (!fault.userfault() && !fault.privateAccess()) {
          throw new IllegalStateException(
              "The guest is lost: "
                  + fault
                  + " is in no memory slot or its data is lost, and no trap handler can be"
                  + " reached.");
        }
        faults.resolve(vcpu, fault);
      }
      case VcpuExit.Hypercall call -> call.complete(privateMemory.convert(call));
      case VcpuExit.Halt _ -> {
        stopIfAllEnded();
        vcpu.awaitInterrupt();
      }
      case VcpuExit.Interrupted _ -> {}
      case VcpuExit.Shutdown(int code) -> halt(State.STOPPED, code);
      case VcpuExit.LimitReached _ -> {
        stopIfAllEnded();
        return false;
      }
    }
    return true;
  }

  private void stopIfAllEnded() {
    long limit = spec.stopAfterInstructions();
    if (limit > 0 && vcpus.stream().allMatch(vcpu -> vcpu.instructions() >= limit || vcpu.idle())) {
      halt(State.STOPPED, 0);
    }
  }

  private void fail(String part, Throwable cause) {
    try {
      failure.note(part, cause);
      log.error("{} of guest {} failed.", part, spec.name(), cause);
    } finally {
      // Also when the heap has no room for a line of the log.
      halt(State.STOPPED, FAILED);
    }
  }
}
