package io.pageferry.daemon.guest;

import io.pageferry.proto.v1.MigrationStatus;
import java.util.ArrayDeque;
import java.util.function.LongSupplier;

/**
 * Throughput of late, and what it means for the rest: of about the last second, or, where bytes
 * come in larger steps than that, as on a limited link, of the last few steps. Fed each time a
 * status is made. Any thread.
 */
public final class TransferRate {
  private static final long WINDOW_NANOS = 1_000_000_000;
  private static final long LONGEST_WINDOW_NANOS = 30_000_000_000L;
  private static final long MIN_STEP_NANOS = 20_000_000;

  /** Steps that a window longer than a second has. */
  private static final int STEPS = 4;

  /** Bytes that had come at a moment; kept only where it is more than before. */
  private record Sample(long nanos, long bytes) {}

  private final ArrayDeque<Sample> samples = new ArrayDeque<>();
  private final LongSupplier clock;

  /** Nothing known yet. */
  public TransferRate() {
    this(System::nanoTime);
  }

  TransferRate(LongSupplier clock) {
    this.clock = clock;
  }

  /**
   * Adds throughput and estimated time to a status.
   *
   * @param bytes bytes transferred so far
   * @param remainingBytes bytes still to come
   */
  public synchronized void addTo(MigrationStatus.Builder status, long bytes, long remainingBytes) {
    long now = clock.getAsLong();
    if (samples.isEmpty()
        || (bytes > samples.getLast().bytes()
            && now - samples.getLast().nanos() >= MIN_STEP_NANOS)) {
      samples.addLast(new Sample(now, bytes));
    }
    while (samples.size() > 2 && isPast(now)) {
      samples.removeFirst();
    }
    Sample oldest = samples.getFirst();
    // Up to the last step, if the next one is not overdue: between steps nothing comes.
    Sample latest = samples.getLast();
    boolean stands = samples.size() < 3 || now - latest.nanos() > step(oldest, latest);
    long nanos = (stands ? now : latest.nanos()) - oldest.nanos();
    if (nanos <= 0) {
      return;
    }
    double bytesPerSecond = (stands ? bytes : latest.bytes()) - oldest.bytes();
    bytesPerSecond *= 1e9 / nanos;
    status.setThroughputBytesPerSecond((long) bytesPerSecond);
    if (bytesPerSecond >= 1 && remainingBytes > 0) {
      status.setEtaMillis((long) (remainingBytes * 1000 / bytesPerSecond) + 1);
    }
  }

  /** Whether the oldest sample is not needed any more. */
  private boolean isPast(long now) {
    long age = now - samples.getFirst().nanos();
    return age > LONGEST_WINDOW_NANOS || (age > WINDOW_NANOS && samples.size() > STEPS + 1);
  }

  private long step(Sample oldest, Sample latest) {
    return 2 * (latest.nanos() - oldest.nanos()) / (samples.size() - 1);
  }
}
