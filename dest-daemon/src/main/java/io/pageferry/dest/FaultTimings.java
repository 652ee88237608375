package io.pageferry.dest;

import io.pageferry.daemon.FaultPart;
import io.pageferry.proto.v1.Distribution;
import io.pageferry.proto.v1.FaultLatency;
import io.pageferry.telemetry.LatencyCounts;
import io.pageferry.telemetry.LatencyHistogram;
import java.util.Arrays;
import jdk.jfr.EventType;

/**
 * How long faults took, whole and in parts, and how long each vCPU was blocked. vCPU threads
 * record, each its own; any thread reads. Times are monotonic nanoseconds.
 */
final class FaultTimings {
  private final EventType events = EventType.getEventType(FaultEvent.class);
  private final LatencyHistogram[] total;
  private final LatencyHistogram[] queue;
  private final LatencyHistogram[] wire;
  private final LatencyHistogram[] install;
  private final LatencyHistogram[] resume;

  FaultTimings(int vcpus) {
    total = histograms(vcpus);
    queue = histograms(vcpus);
    wire = histograms(vcpus);
    install = histograms(vcpus);
    resume = histograms(vcpus);
  }

  /** One for each vCPU, so that each has one writer. */
  private static LatencyHistogram[] histograms(int vcpus) {
    LatencyHistogram[] histograms = new LatencyHistogram[vcpus];
    Arrays.setAll(histograms, vcpu -> new LatencyHistogram());
    return histograms;
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
    total[vcpu].record(now - exit);
    if (installed != 0) {
      // A page that another vCPU or the drain had under way may arrive before this one's request is
      // out.
      long onWire = Math.max(arrived, sent);
      long inPlace = Math.max(installed, onWire);
      if (events.isEnabled()) {
        commitEvent(vcpu, frame, sent - exit, onWire - sent, inPlace - onWire, now - inPlace);
      }
      queue[vcpu].record(sent - exit);
      wire[vcpu].record(onWire - sent);
      install[vcpu].record(inPlace - onWire);
      resume[vcpu].record(now - inPlace);
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

  /** Userfault exits of a vCPU. */
  long faults(int vcpu) {
    return total[vcpu].count();
  }

  /** Userfault exits of all vCPUs. */
  long faults() {
    return Arrays.stream(total).mapToLong(LatencyHistogram::count).sum();
  }

  /** Time a vCPU spent between exits and re-entries. */
  long blockedNanos(int vcpu) {
    return total[vcpu].sumNanos();
  }

  /** How long a part of the faults of all vCPUs took. */
  LatencyCounts counts(FaultPart part) {
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

  /** All of it as a message. */
  FaultLatency toMessage() {
    return FaultLatency.newBuilder()
        .setTotal(distribution(FaultPart.TOTAL))
        .setQueue(distribution(FaultPart.QUEUE))
        .setWire(distribution(FaultPart.WIRE))
        .setInstall(distribution(FaultPart.INSTALL))
        .setResume(distribution(FaultPart.RESUME))
        .build();
  }

  private Distribution distribution(FaultPart part) {
    LatencyCounts counts = counts(part);
    return Distribution.newBuilder()
        .setCount(counts.count())
        .setMin(counts.leastNanos())
        .setP50(counts.percentileNanos(50))
        .setP90(counts.percentileNanos(90))
        .setP99(counts.percentileNanos(99))
        .setP999(counts.percentileNanos(99.9))
        .setMax(counts.greatestNanos())
        .setMean(counts.meanNanos())
        .build();
  }
}
