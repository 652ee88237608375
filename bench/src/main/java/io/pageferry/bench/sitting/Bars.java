package io.pageferry.bench.sitting;

import io.pageferry.bench.result.Bar;
import io.pageferry.bench.result.Figure;
import io.pageferry.bench.result.Run;
import io.pageferry.bench.result.Spread;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * What was promised, held against the runs. A bar whose runs are missing is not a number, and so
 * not met. Stateless.
 */
final class Bars {
  private static final String FERRY = "pageferry";
  private static final String QEMU = "qemu";
  private static final String QEMU_PREEMPT = "qemu-preempt";
  private static final String BLOCKING = "pager-handler-block";
  private static final String BUSY = "pager-handler-busy";
  private static final String PIPELINED = "pager-pipelined-block";
  private static final String STREAM = "stream";

  private final List<Run> runs;

  private Bars(List<Run> runs) {
    this.runs = runs;
  }

  /**
   * All bars.
   *
   * @param addedMicros round trip that a forwarder really added, by experiment
   */
  static List<Bar> of(List<Run> runs, List<AddedDelay> addedMicros) {
    return new Bars(runs).all(addedMicros);
  }

  /** What a forwarder really added in an experiment. */
  record AddedDelay(String experiment, double micros) {}

  private List<Bar> all(List<AddedDelay> delays) {
    List<Bar> bars = new ArrayList<>();
    demand(bars);
    bars.add(
        atLeast(
            "four-vcpus-faults",
            "four vCPUs, faults a second, of the pipelined C pager's",
            1,
            ratio(Experiments.FOUR_VCPUS, Figure.FAULTS_PER_SECOND, PIPELINED)));
    random(bars);
    bars.add(downtime());
    bars.add(
        atMost(
            "downtime-of-8-gib",
            "downtime at 8 GiB, of that at 64 MiB",
            1.5,
            quotient(
                sample(Experiments.LARGE, FERRY, Figure.DOWNTIME_MILLIS),
                sample(Experiments.SMALL, FERRY, Figure.DOWNTIME_MILLIS))));
    bars.add(
        atLeast(
            "drain-of-stream",
            "drain with an idle guest, of the raw TCP stream",
            0.9,
            ratio(Experiments.IDLE, Figure.THROUGHPUT_MIB, STREAM)));
    bars.add(
        atMost(
            "cpu-of-qemu",
            "CPU seconds for each GiB moved, idle guest, of QEMU's",
            1,
            ratio(Experiments.IDLE, Figure.CPU_SECONDS_PER_GIB, QEMU)));
    delays.stream()
        .filter(delay -> delay.experiment().equals(Experiments.roundTrip(30)))
        .findFirst()
        .ifPresent(delay -> bars.add(roundTrip(delay)));
    bars.add(resident("resident-source", "source", Figure.SOURCE_RESIDENT_MIB));
    bars.add(resident("resident-destination", "destination", Figure.DESTINATION_RESIDENT_MIB));
    return bars;
  }

  private void demand(List<Bar> bars) {
    String one = "demand-only fault, one vCPU, ";
    for (Figure figure : List.of(Figure.FAULT_P50_MICROS, Figure.FAULT_P99_MICROS)) {
      String percentile = figure == Figure.FAULT_P50_MICROS ? "p50" : "p99";
      bars.add(
          atMost(
              "demand-%s-of-blocking".formatted(percentile),
              one + percentile + ", of the blocking C pager's",
              0.4,
              ratio(Experiments.DEMAND, figure, BLOCKING)));
      bars.add(
          atMost(
              "demand-%s-of-busy".formatted(percentile),
              one + percentile + ", of the busy-polling C pager's",
              1.25,
              ratio(Experiments.DEMAND, figure, BUSY)));
      bars.add(
          atMost(
              "demand-%s-no-core-free".formatted(percentile),
              one + percentile + ", no core free, of the blocking C pager's",
              1,
              ratio(Experiments.DEMAND_BUSY_HOST, figure, BLOCKING)));
    }
  }

  private void random(List<Bar> bars) {
    bars.add(
        atMost(
            "stall-p50",
            "guest stall p50 while the drain runs, of QEMU's with preempt",
            0.25,
            ratio(Experiments.RANDOM, Figure.STALL_P50_MICROS, QEMU_PREEMPT)));
    bars.add(
        atMost(
            "stall-p99",
            "guest stall p99 while the drain runs, of QEMU's with preempt",
            0.1,
            ratio(Experiments.RANDOM, Figure.STALL_P99_MICROS, QEMU_PREEMPT)));
    bars.add(
        atMost(
            "total-time",
            "total time, random guest, of QEMU's (the better of both)",
            0.5,
            quotient(
                sample(Experiments.RANDOM, FERRY, Figure.TOTAL_MILLIS),
                lesser(Experiments.RANDOM, Figure.TOTAL_MILLIS))));
    bars.add(
        atMost(
            "blocktime",
            "blocktime, random guest, of QEMU's with preempt",
            0.25,
            ratio(Experiments.RANDOM, Figure.BLOCKTIME_MILLIS, QEMU_PREEMPT)));
    bars.add(
        atLeast(
            "guest-work",
            "touches during post-copy, random guest, of QEMU's with preempt",
            10,
            ratio(Experiments.RANDOM, Figure.TOUCHES, QEMU_PREEMPT)));
  }

  private Bar downtime() {
    return atMost(
        "downtime",
        "downtime, random guest, of QEMU's STOP to RESUME (the better of both)",
        1,
        quotient(
            sample(Experiments.RANDOM, FERRY, Figure.DOWNTIME_MILLIS),
            lesser(Experiments.RANDOM, Figure.DOWNTIME_MILLIS)));
  }

  private Bar roundTrip(AddedDelay delay) {
    Sample there = sample(delay.experiment(), FERRY, Figure.FAULT_P50_MICROS);
    Sample here = sample(Experiments.DEMAND, FERRY, Figure.FAULT_P50_MICROS);
    double expected = delay.micros() + here.median().orElse(Double.NaN);
    return atMost(
        "round-trip-30",
        "fault p50 with 30 µs of added round trip set, of the added and the local p50",
        1.3,
        new Quotient(
            there.median().orElse(Double.NaN) / expected,
            "%s; %.0f µs were really added, and %s locally"
                .formatted(there.text(), delay.micros(), here.text())));
  }

  private Bar resident(String id, String daemon, Figure figure) {
    Sample sample = sample(Experiments.LARGE, FERRY, figure);
    return new Bar(
        id,
        "MiB resident beyond the guest's own at 8 GiB, " + daemon,
        sample.median().orElse(Double.NaN),
        Bar.Relation.AT_MOST,
        150,
        sample.text());
  }

  private record Quotient(double value, String text) {}

  private record Sample(OptionalDouble median, String text) {}

  private Quotient ratio(String experiment, Figure figure, String peer) {
    return quotient(sample(experiment, FERRY, figure), sample(experiment, peer, figure));
  }

  private static Quotient quotient(Sample ours, Sample theirs) {
    return new Quotient(
        ours.median().orElse(Double.NaN) / theirs.median().orElse(Double.NaN),
        ours.text() + " against " + theirs.text());
  }

  private Sample sample(String experiment, String side, Figure figure) {
    List<Double> values =
        runs.stream()
            .filter(run -> run.experiment().equals(experiment) && run.side().equals(side))
            .filter(run -> run.figures().containsKey(figure))
            .map(run -> run.figure(figure))
            .toList();
    if (values.isEmpty()) {
      return new Sample(OptionalDouble.empty(), side + " was not measured");
    }
    Spread spread = Spread.of(values);
    return new Sample(
        OptionalDouble.of(spread.median()),
        String.format(
                Locale.ROOT,
                "%s %s [%s–%s] %s",
                side,
                number(spread.median()),
                number(spread.least()),
                number(spread.most()),
                figure.unit())
            .strip());
  }

  /** QEMU with or without preempt, whichever has the lower median. */
  private Sample lesser(String experiment, Figure figure) {
    Sample plain = sample(experiment, QEMU, figure);
    Sample preempt = sample(experiment, QEMU_PREEMPT, figure);
    return plain.median().orElse(Double.POSITIVE_INFINITY)
            <= preempt.median().orElse(Double.POSITIVE_INFINITY)
        ? plain
        : preempt;
  }

  private static String number(double value) {
    return value >= 100
        ? String.format(Locale.ROOT, "%,.0f", value)
        : String.format(Locale.ROOT, "%.3g", value);
  }

  private static Bar atMost(String id, String what, double target, Quotient quotient) {
    return new Bar(id, what, quotient.value(), Bar.Relation.AT_MOST, target, quotient.text());
  }

  private static Bar atLeast(String id, String what, double target, Quotient quotient) {
    return new Bar(id, what, quotient.value(), Bar.Relation.AT_LEAST, target, quotient.text());
  }
}
