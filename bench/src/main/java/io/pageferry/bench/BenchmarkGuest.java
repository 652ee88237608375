package io.pageferry.bench;

import io.pageferry.guest.FaultHandler;
import io.pageferry.guest.Machine;
import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.Vcpu;
import io.pageferry.guest.machine.Machines;
import io.pageferry.guest.program.BundledPrograms;
import io.pageferry.guest.program.ElfLoader;
import io.pageferry.guest.program.ParameterBlock;
import io.pageferry.guest.program.ProgramParameters;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.UserfaultBitmap;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * A paused machine with a bundled program in one slot of memory, whose userfaults are resolved at
 * once and without a copy. Used by one thread, which closes it.
 */
final class BenchmarkGuest implements AutoCloseable {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final GuestMemory memory;
  private final Machine machine;
  private final long[] threads;

  BenchmarkGuest(String program, int vcpus, long memoryBytes) {
    MachineSpec spec =
        MachineSpec.withRam("benchmark", vcpus, memoryBytes, new MachineSpec.Kind.Riscv(), 0);
    memory = GuestMemory.anonymous(spec.slots());
    long entry =
        ElfLoader.load(
            BundledPrograms.elf(program),
            memory,
            ParameterBlock.of(spec, ProgramParameters.DEFAULT));
    machine = Machines.create(spec, memory, entry, allowing(memory.slots().getFirst()));
    Set<Thread> others = Thread.getAllStackTraces().keySet();
    // Starts the threads.
    machine.resume();
    machine.pause();
    threads = vcpuThreadsBut(others);
  }

  private static FaultHandler allowing(MemorySlot slot) {
    return (vcpu, fault) -> {
      UserfaultBitmap bitmap = slot.userfault();
      if (bitmap == null) {
        throw new IllegalStateException("Userfault is off, but the guest gave a " + fault + ".");
      }
      bitmap.lift(PageGeometry.pages(fault.guestPhysicalAddress() - slot.base()), 1);
    };
  }

  Machine machine() {
    return machine;
  }

  /** Instructions retired by all vCPUs. */
  long instructions() {
    long sum = 0;
    for (Vcpu vcpu : machine.vcpus()) {
      sum += vcpu.instructions();
    }
    return sum;
  }

  /** Time that the vCPUs' threads have spent on a processor. */
  long processorNanos() {
    long sum = 0;
    for (long thread : threads) {
      sum += THREADS.getThreadCpuTime(thread);
    }
    return sum;
  }

  private static long[] vcpuThreadsBut(Set<Thread> others) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("vcpu-") && !others.contains(thread))
        .mapToLong(Thread::threadId)
        .toArray();
  }

  /** Waits until the guest, which runs, has retired this many more instructions. */
  void awaitInstructions(long count) {
    long end = instructions() + count;
    while (instructions() < end) {
      check();
      LockSupport.parkNanos(1_000_000);
    }
  }

  /** Lets the guest run for a while. */
  void runFor(long nanos) {
    machine.resume();
    long end = System.nanoTime() + nanos;
    for (long left = nanos; left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
    machine.pause();
    check();
  }

  private void check() {
    if (machine.state() == Machine.State.STOPPED) {
      throw new IllegalStateException("The guest has stopped: " + machine.failure());
    }
  }

  @Override
  public void close() {
    machine.close();
    memory.close();
  }
}
