package io.pageferry.daemon.guest;

import io.pageferry.proto.v1.MigrationStatus;
import java.util.ArrayDeque;

/**
 * Throughput over about the last second, and what it means for the rest. Fed each time a status is
 * made. Any thread.
 */
public final class TransferRate {
  private static final long WINDOW_NANOS = 1_000_000_000;
  private static final long MIN_STEP_NANOS = 20_000_000;

  private record Sample(long nanos, long bytes) {}

  private final ArrayDeque<Sample> samples = new ArrayDeque<>();

  /**
   * Adds throughput and estimated time to a status.
   *
   * @param bytes bytes transferred so far
   * @param remainingBytes bytes still to come
   */
  public synchronized void addTo(MigrationStatus.Builder status, long bytes, long remainingBytes) {
    long now = System.nanoTime();
    if (samples.isEmpty() || now - samples.getLast().nanos() >= MIN_STEP_NANOS) {
      samples.addLast(new Sample(now, bytes));
    }
    while (samples.size() > 2 && now - samples.getFirst().nanos() > WINDOW_NANOS) {
      samples.removeFirst();
    }
    Sample oldest = samples.getFirst();
    long nanos = now - oldest.nanos();
    if (nanos <= 0) {
      return;
    }
    double bytesPerSecond = (bytes - oldest.bytes()) * 1e9 / nanos;
    status.setThroughputBytesPerSecond((long) bytesPerSecond);
    if (bytesPerSecond >= 1 && remainingBytes > 0) {
      status.setEtaMillis((long) (remainingBytes * 1000 / bytesPerSecond) + 1);
    }
  }
}
