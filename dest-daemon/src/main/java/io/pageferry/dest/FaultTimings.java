package io.pageferry.dest;

import io.pageferry.daemon.DaemonMeters;
import io.pageferry.proto.v1.Distribution;
import io.pageferry.proto.v1.FaultLatency;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import jdk.jfr.EventType;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * How long faults took, whole and in parts, and how long each vCPU was blocked. vCPU threads
 * record, each its own; any thread reads. Times are monotonic nanoseconds.
 */
final class FaultTimings {
  private static final long LONGEST_NANOS = TimeUnit.HOURS.toNanos(1);
  private static final int DIGITS = 2;

  private final EventType events = EventType.getEventType(FaultEvent.class);
  private final DaemonMeters meters;
  private final Histogram total = histogram();
  private final Histogram queue = histogram();
  private final Histogram wire = histogram();
  private final Histogram install = histogram();
  private final Histogram resume = histogram();
  private final AtomicLongArray faults;
  private final AtomicLongArray blockedNanos;

  FaultTimings(int vcpus, DaemonMeters meters) {
    this.meters = meters;
    faults = new AtomicLongArray(vcpus);
    blockedNanos = new AtomicLongArray(vcpus);
  }

  private static Histogram histogram() {
    return new ConcurrentHistogram(LONGEST_NANOS, DIGITS);
  }

  /**
   * A vCPU is about to be entered again.
   *
   * @param frame guest frame number of the page
   * @param installed 0 if the page was present before the vCPU was seen waiting, or it was kicked:
   *     then only the total is known
   */
  void record(int vcpu, long frame, long exit, long sent, long arrived, long installed) {
    long now = System.nanoTime();
    faults.incrementAndGet(vcpu);
    blockedNanos.addAndGet(vcpu, now - exit);
    record(total, DaemonMeters.Part.TOTAL, now - exit);
    if (installed != 0) {
      // A page that another vCPU or the drain had under way may arrive before this one's request is
      // out.
      long onWire = Math.max(arrived, sent);
      long inPlace = Math.max(installed, onWire);
      if (events.isEnabled()) {
        commitEvent(vcpu, frame, sent - exit, onWire - sent, inPlace - onWire, now - inPlace);
      }
      record(queue, DaemonMeters.Part.QUEUE, sent - exit);
      record(wire, DaemonMeters.Part.WIRE, onWire - sent);
      record(install, DaemonMeters.Part.INSTALL, inPlace - onWire);
      record(resume, DaemonMeters.Part.RESUME, now - inPlace);
    }
  }

  private static void commitEvent(
      int vcpu, long frame, long queue, long wire, long install, long resume) {
    FaultEvent event = new FaultEvent();
    event.vcpu = vcpu;
    event.frame = frame;
    event.queue = queue;
    event.wire = wire;
    event.install = install;
    event.resume = resume;
    event.commit();
  }

  private void record(Histogram histogram, DaemonMeters.Part part, long nanos) {
    long value = Math.clamp(nanos, 0, LONGEST_NANOS);
    histogram.recordValue(value);
    meters.recordFault(part, value);
  }

  /** Userfault exits of a vCPU. */
  long faults(int vcpu) {
    return faults.get(vcpu);
  }

  /** Userfault exits of all vCPUs. */
  long faults() {
    return sum(faults);
  }

  /** Time a vCPU spent between exits and re-entries. */
  long blockedNanos(int vcpu) {
    return blockedNanos.get(vcpu);
  }

  private static long sum(AtomicLongArray values) {
    long sum = 0;
    for (int i = 0; i < values.length(); i++) {
      sum += values.get(i);
    }
    return sum;
  }

  /** All of it as a message. */
  FaultLatency toMessage() {
    return FaultLatency.newBuilder()
        .setTotal(distribution(total))
        .setQueue(distribution(queue))
        .setWire(distribution(wire))
        .setInstall(distribution(install))
        .setResume(distribution(resume))
        .build();
  }

  private static Distribution distribution(Histogram recording) {
    // A histogram that changes while its mean is computed throws; its copy does not change.
    Histogram histogram = recording.copy();
    return Distribution.newBuilder()
        .setCount(histogram.getTotalCount())
        .setMin(histogram.getTotalCount() == 0 ? 0 : histogram.getMinValue())
        .setP50(histogram.getValueAtPercentile(50))
        .setP90(histogram.getValueAtPercentile(90))
        .setP99(histogram.getValueAtPercentile(99))
        .setP999(histogram.getValueAtPercentile(99.9))
        .setMax(histogram.getMaxValue())
        .setMean(histogram.getMean())
        .build();
  }
}
