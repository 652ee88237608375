package io.pageferry.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** When a machine of several vCPUs has gone on. */
class FirstInstructionAfterTest {
  private static final long STEP_NANOS = 5_000_000;

  /** A vCPU that does nothing by itself. */
  private record StillVcpu(int index, FirstInstruction firstInstruction) implements Vcpu {
    StillVcpu(int index) {
      this(index, new FirstInstruction());
      firstInstruction.await();
    }

    @Override
    public VcpuExit run() {
      throw new UnsupportedOperationException("It stands still.");
    }

    @Override
    public void kick() {}

    @Override
    public boolean kicked() {
      return false;
    }

    @Override
    public long instructions() {
      return 0;
    }
  }

  private final long start = System.nanoTime();
  private final StillVcpu one = new StillVcpu(0);
  private final StillVcpu two = new StillVcpu(1);

  private long after() {
    return FirstInstruction.after(start, List.of(one, two));
  }

  @Test
  void itIsTheFirstInstructionOfAny() {
    assertThat(after()).isZero();
    one.firstInstruction().executed();
    long first = after();
    assertThat(first).isPositive();
    LockSupport.parkNanos(STEP_NANOS);
    two.firstInstruction().executed();
    one.firstInstruction().executed();
    assertThat(after()).isEqualTo(first);
  }

  @Test
  void oneThatWaitsForAnInterruptDoesNotCountWhileAnotherWaitsForAPage() {
    one.firstInstruction().waits();
    assertThat(after()).isZero();
    LockSupport.parkNanos(STEP_NANOS);
    two.firstInstruction().executed();
    assertThat(after()).isGreaterThanOrEqualTo(STEP_NANOS);
  }

  @Test
  void aMachineWhoseVcpusAllWaitHasGoneOn() {
    one.firstInstruction().waits();
    two.firstInstruction().waits();
    long idle = after();
    assertThat(idle).isPositive();
    LockSupport.parkNanos(STEP_NANOS);
    one.firstInstruction().executed();
    assertThat(after()).isEqualTo(idle);
  }
}
