package io.pageferry.guest.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.pageferry.guest.Machine;
import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.VcpuThreadException;
import io.pageferry.memory.GuestMemory;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A host that lets a process start only so many threads: all vCPUs run, or none does. */
@Timeout(60)
class MachineThreadsTest {
  private static final int VCPUS = 8;

  private final ScarceThreads threads = new ScarceThreads();
  private final MachineSpec spec =
      MachineSpec.withRam(
          "test",
          VCPUS,
          1 << 20,
          new MachineSpec.Kind.Synthetic(MachineSpec.Pattern.SEQUENTIAL, 1000, 0, 1),
          0);
  private final GuestMemory memory = GuestMemory.anonymous(spec.slots());
  private final EmulatedMachine machine =
      new EmulatedMachine(
          spec,
          memory,
          MachineSpec.RAM_BASE,
          (vcpu, fault) -> {
            throw new AssertionError("Unexpected " + fault);
          },
          threads);

  /** Makes threads of which the first {@link #allowed} start; the others fail as on Linux. */
  private static final class ScarceThreads implements ThreadFactory {
    final List<Thread> started = new CopyOnWriteArrayList<>();
    volatile int allowed = Integer.MAX_VALUE;

    @Override
    public Thread newThread(Runnable life) {
      Thread thread =
          new Thread(life) {
            @Override
            public void start() {
              if (started.size() == allowed) {
                throw new OutOfMemoryError("unable to create native thread");
              }
              started.add(this);
              super.start();
            }
          };
      thread.setDaemon(true);
      return thread;
    }
  }

  @AfterEach
  void close() {
    machine.close();
    memory.close();
  }

  private void assertNoVcpuHasRun() {
    assertThat(machine.state()).isEqualTo(Machine.State.PAUSED);
    assertThat(machine.vcpus()).allMatch(vcpu -> vcpu.instructions() == 0);
  }

  private void awaitEveryVcpuRuns() {
    await().until(() -> machine.vcpus().stream().allMatch(vcpu -> vcpu.instructions() > 0));
    assertThat(machine.state()).isEqualTo(Machine.State.RUNNING);
  }

  @Test
  void aMachineOfWhichNotEveryVcpuGetsAThreadStaysPausedAndSaysWhich() {
    threads.allowed = 3;
    assertThatThrownBy(machine::resume)
        .isInstanceOf(VcpuThreadException.class)
        .hasMessageContaining("vCPU 3 of 8")
        .hasMessageEndingWith(".");
    assertNoVcpuHasRun();
  }

  @Test
  void aMachineWhoseDeviceGetsNoThreadStaysPausedAndSaysSo() {
    threads.allowed = VCPUS;
    assertThatThrownBy(machine::resume)
        .isInstanceOf(VcpuThreadException.class)
        .hasMessageContaining("DMA device");
    assertNoVcpuHasRun();
  }

  @Test
  void theMissingThreadsAreStartedOnceTheHostAllowsThem() {
    threads.allowed = 3;
    assertThatThrownBy(machine::resume).isInstanceOf(VcpuThreadException.class);
    threads.allowed = VCPUS + 1;
    machine.resume();
    awaitEveryVcpuRuns();
    assertThat(threads.started)
        .extracting(Thread::getName)
        .containsExactly(
            "vcpu-0", "vcpu-1", "vcpu-2", "vcpu-3", "vcpu-4", "vcpu-5", "vcpu-6", "vcpu-7",
            "dma-0");
  }

  @Test
  void closingEndsTheThreadsThatWereStarted() {
    threads.allowed = 3;
    assertThatThrownBy(machine::startThreads).isInstanceOf(VcpuThreadException.class);
    machine.close();
    assertThat(threads.started).hasSize(3).noneMatch(Thread::isAlive);
  }

  @Test
  void threadsThatAreStartedAheadWaitAndAreAllThatResumeNeeds() {
    machine.startThreads();
    assertNoVcpuHasRun();
    threads.allowed = 0;
    machine.resume();
    awaitEveryVcpuRuns();
    machine.pause();
    machine.resume();
    assertThat(threads.started).hasSize(VCPUS + 1);
  }
}
