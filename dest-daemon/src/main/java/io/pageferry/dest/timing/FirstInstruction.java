package io.pageferry.dest.timing;

import io.pageferry.guest.Vcpu;
import io.pageferry.rpc.ThreadSlice;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measures the time from a guest's resumption to its first instruction, on a thread of its own that
 * ends after some seconds, or by {@link #close}. Any thread.
 */
public final class FirstInstruction implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FirstInstruction.class);
  private static final long WATCH_NANOS = 20_000;
  private static final long WATCH_LIMIT_NANOS = 5_000_000_000L;

  private volatile long nanos;
  private volatile boolean closed;

  /**
   * Begins to measure; without a thread, the guest runs on unmeasured.
   *
   * @param baseline instructions of all {@code vcpus} before the resumption
   * @param resumedNanos when they were resumed
   */
  public void await(List<? extends Vcpu> vcpus, long baseline, long resumedNanos) {
    try {
      var _ =
          Thread.ofPlatform()
              .daemon()
              .name("first-instruction")
              .start(() -> watch(vcpus, baseline, resumedNanos));
    } catch (OutOfMemoryError e) {
      LOG.warn("The time to the first instruction is not measured: no thread could start.", e);
    }
  }

  private void watch(List<? extends Vcpu> vcpus, long baseline, long resumedNanos) {
    ThreadSlice.shorten();
    while (System.nanoTime() - resumedNanos < WATCH_LIMIT_NANOS && !closed) {
      if (vcpus.stream().mapToLong(Vcpu::instructions).sum() != baseline) {
        nanos = System.nanoTime() - resumedNanos;
        return;
      }
      LockSupport.parkNanos(WATCH_NANOS);
    }
  }

  /** The time, in nanoseconds; 0 until it is known. */
  public long nanos() {
    return nanos;
  }

  @Override
  public void close() {
    closed = true;
  }
}
