package io.pageferry.dest.timing;

import io.pageferry.daemon.guest.FaultPart;
import io.pageferry.daemon.guest.StatusMessages;
import io.pageferry.daemon.guest.VcpuFaults;
import io.pageferry.proto.v1.FaultLatency;
import io.pageferry.proto.v1.SlowFault;
import io.pageferry.telemetry.LatencyCounts;
import io.pageferry.telemetry.LatencyHistogram;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import jdk.jfr.EventType;

/**
 * How long faults took, whole and in parts, which were the slowest, and how long each vCPU was
 * blocked; and how long devices waited. vCPU and device threads record, each its own; any thread
 * reads. Times are monotonic nanoseconds.
 */
public final class FaultTimings implements VcpuFaults {
  private static final long NOT_WAITING = 0;

  private final EventType events = EventType.getEventType(FaultEvent.class);
  private final boolean recordable;
  private final LatencyHistogram[] total;
  private final LatencyHistogram[] queue;
  private final LatencyHistogram[] wire;
  private final LatencyHistogram[] install;
  private final LatencyHistogram[] resume;
  private final LatencyHistogram asynchronous = new LatencyHistogram();
  private final AtomicLongArray waitingSince;
  private final SlowestFaults slowest;
  private final RecentFaults recent = new RecentFaults(System.nanoTime());
  private volatile long takeoverNanos = System.nanoTime();

  /**
   * Of a migration that begins.
   *
   * @param recordable whether faults may become events of a flight recording
   */
  public FaultTimings(int vcpus, boolean recordable) {
    this.recordable = recordable;
    total = histograms(vcpus);
    queue = histograms(vcpus);
    wire = histograms(vcpus);
    install = histograms(vcpus);
    resume = histograms(vcpus);
    waitingSince = new AtomicLongArray(vcpus);
    slowest = new SlowestFaults(vcpus);
  }

  /** One for each vCPU, so that each has one writer. */
  private static LatencyHistogram[] histograms(int vcpus) {
    LatencyHistogram[] histograms = new LatencyHistogram[vcpus];
    Arrays.setAll(histograms, vcpu -> new LatencyHistogram());
    return histograms;
  }

  /** The guest belongs here from now on. */
  public void takenOver(long nanos) {
    takeoverNanos = nanos;
  }

  /** A fault has begun. By the vCPU's thread. */
  public void began(Fault fault) {
    waitingSince.setRelease(fault.vcpu(), fault.exitNanos());
    if (recordable && events.isEnabled()) {
      FaultEvent event = new FaultEvent();
      event.begin();
      fault.setEvent(event);
    }
  }

  /** A fault has ended; its vCPU is about to be entered again. By the vCPU's thread. */
  public void ended(Fault fault) {
    int vcpu = fault.vcpu();
    waitingSince.setRelease(vcpu, NOT_WAITING);
    slowest.offer(fault);
    FaultEvent event = fault.event();
    if (event != null) {
      event.commit(fault);
      fault.setEvent(null);
    }
    total[vcpu].record(fault.totalNanos());
    if (fault.hasParts()) {
      queue[vcpu].record(fault.queueNanos());
      wire[vcpu].record(fault.wireNanos());
      install[vcpu].record(fault.installNanos());
      resume[vcpu].record(fault.resumeNanos());
    }
  }

  /** A device waited so long for a page. By the device's thread. */
  public void deviceWaited(long nanos) {
    asynchronous.record(nanos);
  }

  /** How long devices waited for pages, an entry for each asynchronous fault. */
  public LatencyCounts asynchronous() {
    LatencyCounts counts = new LatencyCounts();
    counts.add(asynchronous);
    return counts;
  }

  @Override
  public long faults(int vcpu) {
    return total[vcpu].count();
  }

  /** Userfault exits of all vCPUs. */
  public long faults() {
    return Arrays.stream(total).mapToLong(LatencyHistogram::count).sum();
  }

  @Override
  public long blockedNanos(int vcpu) {
    return total[vcpu].sumNanos();
  }

  @Override
  public long waitingNanos(int vcpu) {
    long since = waitingSince.getAcquire(vcpu);
    return since == NOT_WAITING ? 0 : Math.max(1, System.nanoTime() - since);
  }

  /** The slowest faults, slowest first; times since the guest was taken over. */
  public List<SlowFault> slowest(int limit) {
    return slowest.slowest(limit, takeoverNanos);
  }

  /** How long a part of the faults of all vCPUs took. */
  public LatencyCounts counts(FaultPart part) {
    LatencyHistogram[] histograms =
        switch (part) {
          case TOTAL -> total;
          case QUEUE -> queue;
          case WIRE -> wire;
          case INSTALL -> install;
          case RESUME -> resume;
        };
    LatencyCounts counts = new LatencyCounts();
    for (LatencyHistogram histogram : histograms) {
      counts.add(histogram);
    }
    return counts;
  }

  /** All distributions as a message. */
  public FaultLatency toMessage() {
    LatencyCounts all = counts(FaultPart.TOTAL);
    FaultLatency.Builder message =
        FaultLatency.newBuilder()
            .setTotal(StatusMessages.distribution(all))
            .setQueue(StatusMessages.distribution(counts(FaultPart.QUEUE)))
            .setWire(StatusMessages.distribution(counts(FaultPart.WIRE)))
            .setInstall(StatusMessages.distribution(counts(FaultPart.INSTALL)))
            .setResume(StatusMessages.distribution(counts(FaultPart.RESUME)))
            .setAsynchronous(StatusMessages.distribution(asynchronous()));
    recent.addTo(message, all, System.nanoTime());
    return message.build();
  }
}
