package io.pageferry.guest.machine;

import io.pageferry.guest.Console;
import io.pageferry.guest.EmulatedVcpu;
import io.pageferry.guest.FaultHandler;
import io.pageferry.guest.Machine;
import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.Vcpu;
import io.pageferry.guest.VcpuExit;
import io.pageferry.guest.VcpuThreadException;
import io.pageferry.guest.device.Clint;
import io.pageferry.guest.device.GuestClock;
import io.pageferry.guest.device.Uart;
import io.pageferry.guest.riscv.Hart;
import io.pageferry.guest.synthetic.SyntheticVcpu;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The machine: a daemon thread for each vCPU, and the gate at which they wait while it is paused.
 *
 * <p>Two locks. {@link #control} makes resume, pause, close and the like one after the other, and
 * may be held while vCPUs come to the gate. {@link #gate} guards the state itself and is held for
 * moments; a vCPU's thread takes only this one.
 *
 * <p>INVARIANT: a vCPU runs only between passing the gate, which counts it in {@link #executing},
 * and returning to it. Whoever leaves the state RUNNING kicks every vCPU afterwards, so none stays
 * in {@link Vcpu#run} or {@link FaultHandler#resolve}.
 */
final class EmulatedMachine implements Machine {
  /** Exit code of a machine whose emulation failed; a guest's own are at most 65535. */
  static final int FAILED = -1;

  private static final long CLOSED = -1;

  private static final Logger log = LoggerFactory.getLogger(EmulatedMachine.class);

  private final MachineSpec spec;
  private final GuestMemory memory;
  private final FaultHandler faults;
  private final Console console = new Console();
  private final Uart uart = new Uart(console);
  private final GuestClock clock;
  private final Clint clint;
  private final List<EmulatedVcpu> vcpus = new ArrayList<>();
  private final ThreadFactory threadFactory;
  private final List<Thread> threads = new ArrayList<>();

  private final ReentrantLock control = new ReentrantLock();
  private final ReentrantLock gate = new ReentrantLock();
  private final Condition changed = gate.newCondition();

  /** Written under {@link #gate}; read by vCPUs between runs without it. */
  private volatile State state = State.PAUSED;

  private volatile int exitCode;
  private volatile @Nullable String failure;

  /** vCPUs past the gate. Guarded by {@link #gate}. */
  private int executing;

  /** Number of times that the machine was resumed. Guarded by {@link #gate}. */
  private long runs;

  /** Guarded by {@link #gate}. */
  private boolean closed;

  EmulatedMachine(MachineSpec spec, GuestMemory memory, long entry, FaultHandler faults) {
    this(spec, memory, entry, faults, Thread.ofPlatform().daemon().factory());
  }

  /** The same, with threads of vCPUs from a factory. */
  EmulatedMachine(
      MachineSpec spec,
      GuestMemory memory,
      long entry,
      FaultHandler faults,
      ThreadFactory threadFactory) {
    this.spec = spec;
    this.threadFactory = threadFactory;
    this.memory = memory;
    this.faults = faults;
    this.clock = new GuestClock(spec.stopAfterInstructions() > 0, System::nanoTime);
    this.clint =
        new Clint(spec.vcpus(), clock, this::signal, () -> vcpus.getFirst().instructions());
    for (int index = 0; index < spec.vcpus(); index++) {
      vcpus.add(makeVcpu(index, entry));
    }
  }

  private EmulatedVcpu makeVcpu(int index, long entry) {
    return switch (spec.kind()) {
      case MachineSpec.Kind.Riscv() ->
          new Hart(index, entry, spec.stopAfterInstructions(), memory, clint, uart);
      case MachineSpec.Kind.Synthetic kind -> new SyntheticVcpu(index, spec, kind, memory);
    };
  }

  private void signal(int index) {
    if (vcpus.get(index) instanceof Hart hart) {
      hart.signal();
    }
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
    return state;
  }

  @Override
  public int exitCode() {
    return exitCode;
  }

  @Override
  public @Nullable String failure() {
    return failure;
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
      openGate();
    } finally {
      control.unlock();
    }
  }

  private void openGate() {
    gate.lock();
    try {
      if (closed || state != State.PAUSED) {
        return;
      }
      clock.start();
      runs++;
      state = State.RUNNING;
      changed.signalAll();
    } finally {
      gate.unlock();
    }
  }

  @Override
  public void startThreads() {
    control.lock();
    try {
      if (isOver()) {
        return;
      }
      for (int index = threads.size(); index < vcpus.size(); index++) {
        threads.add(startThread(vcpus.get(index)));
      }
    } finally {
      control.unlock();
    }
  }

  private boolean isOver() {
    gate.lock();
    try {
      return closed || state == State.STOPPED;
    } finally {
      gate.unlock();
    }
  }

  private Thread startThread(EmulatedVcpu vcpu) {
    try {
      Thread thread = threadFactory.newThread(() -> faults.runVcpuThread(() -> drive(vcpu)));
      thread.setName("vcpu-" + vcpu.index());
      thread.start();
      return thread;
    } catch (OutOfMemoryError e) {
      throw new VcpuThreadException(vcpu.index(), vcpus.size(), e);
    }
  }

  @Override
  public void pause() {
    checkNotVcpuThread();
    control.lock();
    try {
      halt(State.PAUSED, 0);
      awaitGate();
    } finally {
      control.unlock();
    }
  }

  private void checkNotVcpuThread() {
    if (threads.contains(Thread.currentThread())) {
      throw new IllegalStateException("A vCPU's thread cannot wait for itself to pause.");
    }
  }

  /** Leaves the state RUNNING for another; the first to do so decides how. Any thread. */
  private void halt(State next, int code) {
    gate.lock();
    try {
      if (state != State.RUNNING) {
        return;
      }
      exitCode = code;
      state = next;
    } finally {
      gate.unlock();
    }
    for (Vcpu vcpu : vcpus) {
      vcpu.kick();
      faults.kicked(vcpu);
    }
  }

  /** Waits until no vCPU executes, and stops the guest's time. */
  private void awaitGate() {
    gate.lock();
    try {
      while (executing > 0) {
        changed.awaitUninterruptibly();
      }
      clock.stop();
    } finally {
      gate.unlock();
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
      boolean wasRunning = state == State.RUNNING;
      pause();
      try {
        change.run();
        vcpus.forEach(EmulatedVcpu::dropMappings);
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
      if (state == State.RUNNING) {
        throw new IllegalStateException("The state of a running machine cannot be saved.");
      }
      awaitGate();
      return MachineState.write(this);
    } finally {
      control.unlock();
    }
  }

  @Override
  public LongStream accessedNext() {
    control.lock();
    try {
      if (state == State.RUNNING) {
        throw new IllegalStateException("A running machine is somewhere else by now.");
      }
      awaitGate();
      return LongStream.of(vcpus.stream().flatMapToLong(EmulatedVcpu::accessedNext).toArray());
    } finally {
      control.unlock();
    }
  }

  /** For {@link MachineState}, while nothing runs. */
  Clint clint() {
    return clint;
  }

  /** For {@link MachineState}, while nothing runs. */
  Uart uart() {
    return uart;
  }

  /** For {@link MachineState}, while nothing runs. */
  List<EmulatedVcpu> emulatedVcpus() {
    return vcpus;
  }

  /** Takes over that another machine had stopped, before the first resume. */
  void restoreStopped(int code) {
    exitCode = code;
    state = State.STOPPED;
  }

  @Override
  public void close() {
    checkNotVcpuThread();
    control.lock();
    try {
      pause();
      gate.lock();
      try {
        closed = true;
        changed.signalAll();
      } finally {
        gate.unlock();
      }
      for (Thread thread : threads) {
        joinUninterruptibly(thread);
      }
    } finally {
      control.unlock();
    }
  }

  private static void joinUninterruptibly(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** The life of a vCPU's thread. */
  private void drive(EmulatedVcpu vcpu) {
    long run = 0;
    while ((run = passGate(run)) != CLOSED) {
      try {
        boolean goesOn = true;
        while (goesOn && state == State.RUNNING) {
          goesOn = handle(vcpu, vcpu.run());
        }
      } catch (RuntimeException | Error e) {
        fail(vcpu, e);
      } finally {
        returnToGate();
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
        if (!fault.userfault()) {
          throw new IllegalStateException(
              "The guest is lost: "
                  + fault
                  + " is in no memory slot, and no trap handler can be reached.");
        }
        faults.resolve(vcpu, fault);
      }
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

  private static String reason(Throwable cause) {
    if (cause instanceof InternalError) {
      // What the JVM makes of SIGBUS.
      return "the system could not give it a page of the guest's memory; a backing file was cut"
          + " short, or cannot be read or written.";
    }
    String message = cause.getMessage();
    return cause instanceof IllegalStateException && message != null
        ? message
        : "a defect of the emulation (" + cause + "); the daemon's log has the details.";
  }

  private void fail(EmulatedVcpu vcpu, Throwable cause) {
    try {
      if (failure == null) {
        failure = "vCPU " + vcpu.index() + " cannot go on: " + reason(cause);
      }
      log.error("vCPU {} of guest {} failed.", vcpu.index(), spec.name(), cause);
    } finally {
      // Also when the heap has no room for a line of the log.
      halt(State.STOPPED, FAILED);
    }
  }

  /**
   * Waits until the machine runs, again after run number {@code last}.
   *
   * @return the number of the run, or {@link #CLOSED}
   */
  private long passGate(long last) {
    gate.lock();
    try {
      while (!closed && (state != State.RUNNING || runs == last)) {
        changed.awaitUninterruptibly();
      }
      if (closed) {
        return CLOSED;
      }
      executing++;
      return runs;
    } finally {
      gate.unlock();
    }
  }

  private void returnToGate() {
    gate.lock();
    try {
      executing--;
      changed.signalAll();
    } finally {
      gate.unlock();
    }
  }
}
