package io.pageferry.guest.machine;

import static io.pageferry.guest.riscv.Assembler.*;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.pageferry.guest.FaultHandler;
import io.pageferry.guest.Machine;
import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.Vcpu;
import io.pageferry.guest.VcpuExit;
import io.pageferry.guest.device.Uart;
import io.pageferry.guest.riscv.Assembler;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class MachineTest {
  private static final long RAM = MachineSpec.RAM_BASE;
  private static final long RAM_BYTES = 4 << 20;
  private static final long DATA = RAM + 0x10_0000;
  private static final FaultHandler NO_FAULTS =
      (vcpu, fault) -> {
        throw new AssertionError("Unexpected " + fault);
      };

  private final List<AutoCloseable> toClose = new ArrayList<>();

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable closeable : toClose.reversed()) {
      closeable.close();
    }
  }

  private Machine machine(int vcpus, Assembler program) {
    return machine(vcpus, program, 0, NO_FAULTS);
  }

  private Machine machine(int vcpus, Assembler program, long limit, FaultHandler faults) {
    MachineSpec spec =
        MachineSpec.withRam("test", vcpus, RAM_BYTES, new MachineSpec.Kind.Riscv(), limit);
    GuestMemory memory = GuestMemory.anonymous(spec.slots());
    toClose.add(memory);
    byte[] bytes = program.bytes();
    MemorySlot slot = memory.slots().getFirst();
    MemorySegment.copy(bytes, 0, slot.segment(), JAVA_BYTE, 0, bytes.length);
    Machine machine = Machines.create(spec, memory, RAM, faults);
    toClose.add(machine);
    return machine;
  }

  private static void awaitStopped(Machine machine) {
    await()
        .pollInterval(Duration.ofMillis(2))
        .until(() -> machine.state() == Machine.State.STOPPED);
    machine.pause();
  }

  private static Assembler spin() {
    Assembler code = new Assembler();
    int top = code.here();
    return code.addi(A0, A0, 1).jal(ZERO, top);
  }

  private static Assembler sleep() {
    Assembler code = new Assembler();
    int top = code.here();
    return code.wfi().jal(ZERO, top);
  }

  @Test
  void aGuestWritesToItsConsoleAndEndsItself() {
    Assembler code = new Assembler().li(A1, Uart.BASE);
    for (byte letter : "hello".getBytes(US_ASCII)) {
      code.addi(A0, ZERO, letter).store(0, A0, A1, 0);
    }
    Machine machine = machine(1, code.exit(7));
    assertThat(machine.state()).isEqualTo(Machine.State.PAUSED);
    machine.resume();
    awaitStopped(machine);
    assertThat(machine.exitCode()).isEqualTo(7);
    assertThat(machine.failure()).isNull();
    assertThat(new String(machine.console().read(0), US_ASCII)).isEqualTo("hello");
  }

  @Test
  void aGuestReadsWhatIsSentToItsConsole() {
    Assembler code = new Assembler().li(A1, Uart.BASE);
    int poll = code.here();
    code.load(4, A0, A1, 5).i(0x13, 7, A0, A0, 1).beq(A0, ZERO, poll).load(4, A0, A1, 0);
    code.store(0, A0, A1, 0);
    Machine machine = machine(1, code.exit(0));
    machine.resume();
    assertThat(machine.console().send(new byte[] {'x'})).isTrue();
    awaitStopped(machine);
    assertThat(machine.console().read(0)).containsExactly('x');
  }

  @Test
  void atomicAdditionsOfAllHartsAreExact() {
    int harts = 4;
    int rounds = 50_000;
    Assembler code = new Assembler().li(A1, DATA).li(A2, rounds).addi(A3, ZERO, 1);
    int top = code.here();
    code.amo(0, 3, ZERO, A1, A3).addi(A2, A2, -1).bne(A2, ZERO, top);
    // LR/SC increments of the next double word.
    code.addi(A1, A1, 8).li(A2, rounds);
    int retry = code.here();
    code.amo(2, 3, A4, A1, 0).addi(A4, A4, 1).amo(3, 3, A5, A1, A4).bne(A5, ZERO, retry);
    code.addi(A2, A2, -1).bne(A2, ZERO, retry);
    code.addi(A1, A1, 8)
        .amo(0, 3, A4, A1, A3)
        .addi(A5, ZERO, harts - 1)
        .beq(A4, A5, code.here() + 8);
    int idle = code.here();
    code.jal(ZERO, idle);
    Machine machine = machine(harts, code.exit(0));
    machine.resume();
    awaitStopped(machine);
    MemorySegment ram = machine.memory().slots().getFirst().segment();
    assertThat(ram.get(JAVA_LONG, DATA - RAM)).isEqualTo((long) harts * rounds);
    assertThat(ram.get(JAVA_LONG, DATA - RAM + 8)).isEqualTo((long) harts * rounds);
  }

  /**
   * That every pause ends; how long it takes on an idle machine is for PauseBenchmark to say, and
   * the bound here is one that a busy test machine keeps.
   */
  private static void assertPausesPromptly(Machine machine) {
    List<Long> micros = new ArrayList<>();
    for (int i = 0; i < 41; i++) {
      machine.resume();
      assertThat(machine.state()).isEqualTo(Machine.State.RUNNING);
      LockSupport.parkNanos(2_000_000);
      long start = System.nanoTime();
      machine.pause();
      micros.add((System.nanoTime() - start) / 1000);
      assertThat(machine.state()).isEqualTo(Machine.State.PAUSED);
    }
    Collections.sort(micros);
    System.out.println("pause: median " + micros.get(20) + " us, worst " + micros.get(40) + " us");
    assertThat(micros.get(20)).isLessThan(500_000);
  }

  @Test
  void pausesPromptlyWhileEveryVcpuSpins() {
    assertPausesPromptly(machine(4, spin()));
  }

  @Test
  void pausesPromptlyWhileEveryVcpuWaitsForAnInterrupt() {
    assertPausesPromptly(machine(4, sleep()));
  }

  @Test
  void pausesPromptlyWhileEveryVcpuWaitsForAPage() {
    Machine machine =
        machine(
            4,
            spin(),
            0,
            (vcpu, fault) -> {
              while (!vcpu.kicked()) {
                LockSupport.park();
              }
            });
    machine.enableUserfault(0);
    assertPausesPromptly(machine);
  }

  @Test
  void nothingExecutesWhilePaused() {
    Machine machine = machine(2, spin());
    machine.resume();
    machine.resume();
    await().until(() -> machine.vcpus().get(1).instructions() > 100_000);
    machine.pause();
    machine.pause();
    long before = machine.vcpus().get(0).instructions();
    byte[] state = machine.saveState();
    LockSupport.parkNanos(5_000_000);
    assertThat(machine.vcpus().get(0).instructions()).isEqualTo(before);
    assertThat(machine.saveState()).isEqualTo(state);
    machine.resume();
    await().until(() -> machine.vcpus().get(0).instructions() > before);
  }

  @Test
  void concurrentPausesAndResumesEndInOrder() throws InterruptedException {
    Machine machine = machine(3, spin());
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      boolean pauses = i % 2 == 0;
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                for (int round = 0; round < 200; round++) {
                  if (pauses) {
                    machine.pause();
                  } else {
                    machine.resume();
                  }
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    machine.pause();
    assertThat(machine.state()).isEqualTo(Machine.State.PAUSED);
  }

  @Test
  void closingARunningMachineEndsItsThreads() {
    Machine machine = machine(2, spin());
    machine.resume();
    machine.close();
    machine.close();
    machine.resume();
    assertThat(machine.state()).isEqualTo(Machine.State.PAUSED);
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().startsWith("vcpu-"));
  }

  @Test
  void userfaultSwitchedOnWhileTheGuestRunsMakesItFault() {
    AtomicInteger faults = new AtomicInteger();
    Machine[] holder = new Machine[1];
    FaultHandler handler =
        (vcpu, fault) -> {
          assertThat(fault.userfault()).isTrue();
          var _ = faults.incrementAndGet();
          MemorySlot slot = holder[0].memory().slots().getFirst();
          Objects.requireNonNull(slot.userfault())
              .lift((fault.guestPhysicalAddress() - RAM) >>> 12, 1);
        };
    Assembler code = new Assembler().li(A1, DATA);
    int top = code.here();
    code.ld(A2, A1, 0).addi(A2, A2, 1).sd(A2, A1, 0).jal(ZERO, top);
    Machine machine = machine(1, code, 0, handler);
    holder[0] = machine;
    machine.resume();
    await().until(() -> machine.vcpus().getFirst().instructions() > 1_000_000);
    machine.enableUserfault(0);
    assertThat(machine.state()).isEqualTo(Machine.State.RUNNING);
    await().until(() -> faults.get() == 2);
    long before = machine.vcpus().getFirst().instructions();
    await().until(() -> machine.vcpus().getFirst().instructions() > before + 100_000);
    assertThat(faults).hasValue(2);
    machine.disableUserfault(0);
    assertThat(machine.memory().slots().getFirst().userfault()).isNull();
  }

  @Test
  void aFaultHandlerIsAroundTheWholeLifeOfEachVcpuThread() {
    Queue<String> begun = new ConcurrentLinkedQueue<>();
    Queue<String> ended = new ConcurrentLinkedQueue<>();
    FaultHandler handler =
        new FaultHandler() {
          @Override
          public void resolve(Vcpu vcpu, VcpuExit.MemoryFault fault) {
            throw new AssertionError("Unexpected " + fault);
          }

          @Override
          public void runVcpuThread(Runnable life) {
            begun.add(Thread.currentThread().getName());
            life.run();
            ended.add(Thread.currentThread().getName());
          }
        };
    Machine machine = machine(2, spin(), 0, handler);
    machine.resume();
    await().until(() -> machine.vcpus().stream().allMatch(vcpu -> vcpu.instructions() > 1_000));
    machine.pause();
    assertThat(ended).isEmpty();
    machine.close();
    assertThat(begun).containsExactlyInAnyOrder("vcpu-0", "vcpu-1");
    assertThat(ended).containsExactlyInAnyOrder("vcpu-0", "vcpu-1");
  }

  @Test
  void aFailingVcpuStopsTheMachineWithAReason() {
    Machine machine =
        machine(
            2,
            spin(),
            0,
            (vcpu, fault) -> {
              throw new IllegalStateException("the handler is broken");
            });
    machine.enableUserfault(0);
    machine.resume();
    awaitStopped(machine);
    assertThat(machine.exitCode()).isEqualTo(-1);
    assertThat(machine.failure()).contains("the handler is broken");
  }

  @Test
  void aMachineStopsOnceEveryVcpuHasReachedTheLimitOrIsIdle() {
    Assembler code = new Assembler().csrr(A0, MHARTID).beq(A0, ZERO, 12).wfi();
    int top = code.here();
    code.addi(A1, A1, 1).jal(ZERO, top);
    Machine machine = machine(2, code, 100_001, NO_FAULTS);
    machine.resume();
    awaitStopped(machine);
    assertThat(machine.vcpus().get(0).instructions()).isEqualTo(100_001);
    assertThat(machine.vcpus().get(1).instructions()).isEqualTo(3);
    assertThat(machine.exitCode()).isZero();
  }

  @Test
  void memoryWithOtherSlotsIsRefused() {
    MachineSpec spec = MachineSpec.withRam("test", 1, RAM_BYTES, new MachineSpec.Kind.Riscv(), 0);
    MachineSpec other =
        MachineSpec.withRam("test", 1, RAM_BYTES / 2, new MachineSpec.Kind.Riscv(), 0);
    try (GuestMemory memory = GuestMemory.anonymous(other.slots())) {
      assertThatThrownBy(() -> Machines.create(spec, memory, RAM, NO_FAULTS))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("memory slots");
    }
  }
}
