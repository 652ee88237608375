package io.pageferry.guest.riscv;

import io.pageferry.guest.EmulatedVcpu;
import io.pageferry.guest.FirstInstruction;
import io.pageferry.guest.VcpuExit;
import io.pageferry.guest.device.Bus;
import io.pageferry.guest.device.Clint;
import io.pageferry.guest.device.GuestClock;
import io.pageferry.guest.state.MalformedStateException;
import io.pageferry.memory.GuestMemory;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * A RISC-V hart: RV64IMA with Zicsr and Zifencei, machine mode only.
 *
 * <p>{@link #run} alternates between looking for what needs attention (kicks, the instruction
 * limit, interrupts) and letting the {@link Interpreter} execute up to {@link #QUANTUM}
 * instructions. Where an event must come after an exact number of instructions, the last ones
 * before it are stepped; so is the first one after its state was loaded, which is timed.
 */
public final class Hart implements EmulatedVcpu {
  /** Instructions between two looks at the clock: well below a millisecond. */
  private static final long QUANTUM = 16 * 1024;

  private static final int RETURN_ADDRESS = 1;
  private static final int STACK_POINTER = 2;
  private static final int GLOBAL_POINTER = 3;

  private static final VcpuExit.Halt HALT = new VcpuExit.Halt();
  private static final VcpuExit.Interrupted INTERRUPTED = new VcpuExit.Interrupted();
  private static final VcpuExit.LimitReached LIMIT_REACHED = new VcpuExit.LimitReached();

  private final int index;
  private final long limit;
  private final Clint clint;
  private final HartContext context = new HartContext();
  private final HartMemory memory;
  private final CodeCache codeCache;
  private final Atomics atomics;
  private final Csrs csrs;
  private final Interpreter interpreter;

  private final FirstInstruction firstInstruction = new FirstInstruction();
  private volatile boolean kicked;
  private volatile long published;
  private volatile @Nullable Thread owner;

  /**
   * A hart that starts at {@code entry} with its number in a0.
   *
   * @param limit instructions after which it stops, or 0
   * @param clint where its interrupts and its time come from; also on the bus
   */
  public Hart(int index, long entry, long limit, GuestMemory guestMemory, Clint clint, Bus bus) {
    this.index = index;
    this.limit = limit == 0 ? Long.MAX_VALUE : limit;
    this.clint = clint;
    this.memory = new HartMemory(index, context, guestMemory, bus);
    this.codeCache = new CodeCache(memory);
    this.atomics = new Atomics(context, memory);
    this.csrs = new Csrs(index, context, clint);
    this.interpreter = new Interpreter(context, memory, codeCache, atomics, csrs);
    context.pc = entry;
    context.set(10, index);
  }

  @Override
  public int index() {
    return index;
  }

  @Override
  public long instructions() {
    return published;
  }

  @Override
  public FirstInstruction firstInstruction() {
    return firstInstruction;
  }

  @Override
  public boolean kicked() {
    return kicked;
  }

  @Override
  public void kick() {
    kicked = true;
    signal();
  }

  @Override
  public void signal() {
    context.requestAttention();
    LockSupport.unpark(owner);
  }

  /** Its code, where it returns to, its stack, and by its ABI's custom its global data. */
  @Override
  public LongStream accessedNext() {
    return LongStream.of(
        context.pc, context.x[RETURN_ADDRESS], context.x[STACK_POINTER], context.x[GLOBAL_POINTER]);
  }

  @Override
  public VcpuExit run() {
    owner = Thread.currentThread();
    while (true) {
      context.clearAttention();
      if (kicked) {
        kicked = false;
        return INTERRUPTED;
      }
      csrs.completeHypercall();
      if (context.retired >= limit) {
        return LIMIT_REACHED;
      }
      if (context.waiting && !wake()) {
        firstInstruction.waits();
        return HALT;
      }
      csrs.takeInterrupt();
      context.stop = HartContext.Stop.NONE;
      CodePage code = codeCache.get(context.pc);
      if (code != null) {
        execute(code);
      }
      publish();
      switch (context.stop) {
        case NONE -> {}
        case TRAP -> {
          csrs.takeException();
          if (isLost()) {
            return context.memoryFault.set(
                context.pc, Integer.BYTES, VcpuExit.Access.EXECUTE, false);
          }
        }
        case FAULT -> {
          return context.memoryFault;
        }
        case HYPERCALL -> {
          return context.hypercall;
        }
        case SHUTDOWN -> {
          return new VcpuExit.Shutdown(context.exitCode);
        }
      }
    }
  }

  private void publish() {
    if (context.retired != published) {
      published = context.retired;
      firstInstruction.executed();
    }
  }

  /**
   * Whether the handler of the trap just taken is itself in no memory, or lost: no other trap can
   * follow.
   */
  private boolean isLost() {
    return (context.trapCause == Trap.INSTRUCTION_ACCESS
            || context.trapCause == Trap.HARDWARE_ERROR)
        && context.trapValue == context.pc;
  }

  /**
   * Executes without passing the next event that must come after an exact number of instructions.
   */
  private void execute(CodePage code) {
    long retired = context.retired;
    // Between two taken jumps there is at most a page of instructions.
    long left = nextEvent() - retired - CodePage.INSTRUCTIONS;
    if (left > 0 && !firstInstruction.isAwaited()) {
      interpreter.execute(code, retired + Math.min(left, QUANTUM));
    } else {
      interpreter.step(code);
    }
  }

  private long nextEvent() {
    if (index != 0 || !clint.clock().counting()) {
      return limit;
    }
    long deadline = clint.deadline(index);
    long timer = deadline < 0 ? Long.MAX_VALUE : clint.clock().instructionsAt(deadline);
    return timer > context.retired ? Math.min(timer, limit) : limit;
  }

  /** Whether a hart that waits for an interrupt may go on. */
  private boolean wake() {
    if (!csrs.wakes()) {
      if (!clint.clock().counting() || !csrs.timerWillWake()) {
        return false;
      }
      clint.skipToDeadline(index, context.retired);
    }
    context.waiting = false;
    return true;
  }

  @Override
  public void awaitInterrupt() {
    while (!kicked && !csrs.wakes()) {
      if (csrs.timerWillWake()) {
        long ticks = clint.deadline(index) - clint.time(index, context.retired);
        // A deadline beyond the signed range is looked at again after a while.
        long nanos = Math.clamp(ticks, 1, 10_000_000L) * GuestClock.NANOS_PER_TICK;
        LockSupport.parkNanos(this, nanos);
      } else {
        LockSupport.park(this);
      }
    }
  }

  @Override
  public boolean idle() {
    return context.waiting && !csrs.softwareWakes();
  }

  @Override
  public void dropMappings() {
    memory.drop();
    codeCache.drop();
  }

  @Override
  public void save(DataOutput out) throws IOException {
    for (int register = 1; register < 32; register++) {
      out.writeLong(context.x[register]);
    }
    out.writeLong(context.pc);
    out.writeLong(context.retired);
    out.writeBoolean(context.waiting);
    csrs.save(out);
    out.writeBoolean(atomics.reserved());
    out.writeLong(atomics.reservedAddress());
    out.writeLong(atomics.reservedValue());
  }

  @Override
  public void load(DataInput in) throws IOException {
    for (int register = 1; register < 32; register++) {
      context.x[register] = in.readLong();
    }
    context.pc = in.readLong();
    context.retired = in.readLong();
    if ((context.pc & 3) != 0 || context.retired < 0) {
      throw new MalformedStateException(
          "vCPU " + index + " has a program counter or an instruction count that cannot be");
    }
    context.waiting = in.readBoolean();
    published = context.retired;
    firstInstruction.await();
    csrs.load(in);
    atomics.reserve(in.readBoolean(), in.readLong(), in.readLong());
  }
}
