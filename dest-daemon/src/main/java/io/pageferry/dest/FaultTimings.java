package io.pageferry.dest;

import io.pageferry.daemon.DaemonMeters;
import io.pageferry.daemon.VcpuFaults;
import io.pageferry.proto.v1.Distribution;
import io.pageferry.proto.v1.FaultLatency;
import io.pageferry.proto.v1.SlowFault;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import jdk.jfr.EventType;
import org.HdrHistogram.AtomicHistogram;
import org.HdrHistogram.Histogram;

/**
 * How long faults took, whole and in parts, which were the slowest, and how long each vCPU was
 * blocked. vCPU threads record, each its own; any thread reads. Times are monotonic nanoseconds.
 */
final class FaultTimings implements VcpuFaults {
  private static final long LONGEST_NANOS = TimeUnit.HOURS.toNanos(1);
  private static final int DIGITS = 2;
  private static final long NOT_WAITING = 0;

  private final EventType events = EventType.getEventType(FaultEvent.class);
  private final DaemonMeters meters;
  private final boolean recordable;
  private final Histogram total = histogram();
  private final Histogram queue = histogram();
  private final Histogram wire = histogram();
  private final Histogram install = histogram();
  private final Histogram resume = histogram();
  private final AtomicLongArray faults;
  private final AtomicLongArray blockedNanos;
  private final AtomicLongArray waitingSince;
  private final SlowestFaults slowest;
  private final RecentFaults recent = new RecentFaults(System.nanoTime(), copy(total));
  private volatile long takeoverNanos = System.nanoTime();

  /**
   * Of a migration that begins.
   *
   * @param recordable whether faults may become events of a flight recording
   */
  FaultTimings(int vcpus, DaemonMeters meters, boolean recordable) {
    this.meters = meters;
    this.recordable = recordable;
    faults = new AtomicLongArray(vcpus);
    blockedNanos = new AtomicLongArray(vcpus);
    waitingSince = new AtomicLongArray(vcpus);
    slowest = new SlowestFaults(vcpus);
  }

  private static Histogram histogram() {
    // Unlike a ConcurrentHistogram it takes no lock for each of its thousands of counts when read.
    return new AtomicHistogram(LONGEST_NANOS, DIGITS);
  }

  private static Histogram copy(Histogram recording) {
    Histogram copy = new Histogram(recording);
    copy.add(recording);
    return copy;
  }

  /** The guest belongs here from now on. */
  void takenOver(long nanos) {
    takeoverNanos = nanos;
  }

  /** A fault has begun. By the vCPU's thread. */
  void began(Fault fault) {
    waitingSince.setRelease(fault.vcpu(), fault.exitNanos());
    if (recordable && events.isEnabled()) {
      FaultEvent event = new FaultEvent();
      event.begin();
      fault.setEvent(event);
    }
  }

  /** A fault has ended; its vCPU is about to be entered again. By the vCPU's thread. */
  void ended(Fault fault) {
    int vcpu = fault.vcpu();
    faults.incrementAndGet(vcpu);
    blockedNanos.addAndGet(vcpu, fault.totalNanos());
    waitingSince.setRelease(vcpu, NOT_WAITING);
    slowest.offer(fault);
    FaultEvent event = fault.event();
    if (event != null) {
      event.commit(fault);
      fault.setEvent(null);
    }
    record(total, DaemonMeters.Part.TOTAL, fault.totalNanos());
    if (fault.hasParts()) {
      record(queue, DaemonMeters.Part.QUEUE, fault.queueNanos());
      record(wire, DaemonMeters.Part.WIRE, fault.wireNanos());
      record(install, DaemonMeters.Part.INSTALL, fault.installNanos());
      record(resume, DaemonMeters.Part.RESUME, fault.resumeNanos());
    }
  }

  private void record(Histogram histogram, DaemonMeters.Part part, long nanos) {
    long value = Math.clamp(nanos, 0, LONGEST_NANOS);
    histogram.recordValue(value);
    meters.recordFault(part, value);
  }

  @Override
  public long faults(int vcpu) {
    return faults.get(vcpu);
  }

  /** Userfault exits of all vCPUs. */
  long faults() {
    long sum = 0;
    for (int vcpu = 0; vcpu < faults.length(); vcpu++) {
      sum += faults.get(vcpu);
    }
    return sum;
  }

  @Override
  public long blockedNanos(int vcpu) {
    return blockedNanos.get(vcpu);
  }

  @Override
  public long waitingNanos(int vcpu) {
    long since = waitingSince.getAcquire(vcpu);
    return since == NOT_WAITING ? 0 : Math.max(1, System.nanoTime() - since);
  }

  /** The slowest faults, slowest first; times since the guest was taken over. */
  List<SlowFault> slowest(int limit) {
    return slowest.slowest(limit, takeoverNanos);
  }

  /** All distributions as a message. */
  FaultLatency toMessage() {
    Histogram all = copy(total);
    FaultLatency.Builder message =
        FaultLatency.newBuilder()
            .setTotal(distribution(all))
            .setQueue(distribution(copy(queue)))
            .setWire(distribution(copy(wire)))
            .setInstall(distribution(copy(install)))
            .setResume(distribution(copy(resume)));
    recent.addTo(message, all, System.nanoTime());
    return message.build();
  }

  /**
   * A histogram as a message.
   *
   * @param histogram one that does not change: the mean of one that does cannot be computed
   */
  static Distribution distribution(Histogram histogram) {
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
