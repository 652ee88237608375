package io.pageferry.bench.sitting;

import io.pageferry.bench.result.Experiment;
import java.util.ArrayList;
import java.util.List;

/** The names of the experiments, and what a reader is told of each. */
final class Experiments {
  static final String DEMAND = "demand";
  static final String DEMAND_BUSY_HOST = "demand-busy-host";
  static final String FOUR_VCPUS = "four-vcpus";
  static final String RANDOM = "random";
  static final String SEQUENTIAL = "sequential";
  static final String IDLE = "idle";
  static final String SMALL = "64-mib";
  static final String LARGE = "8-gib";
  static final String FIRST = "first-migration";

  static final List<Long> ROUND_TRIPS_MICROS = List.of(30L, 100L, 1_000L, 10_000L);
  static final List<Long> RATES_GIGABITS = List.of(10L, 1L);
  static final List<String> POLICIES = List.of("none", "around", "trend", "adaptive");

  private Experiments() {}

  /** An added round trip, for instance {@code round-trip-30-us}. */
  static String roundTrip(long micros) {
    return "round-trip-" + micros + "-us";
  }

  /** A link's rate. */
  static String rate(long gigabits) {
    return "rate-" + gigabits + "-gbit";
  }

  /** A prefetch policy. */
  static String prefetch(String policy) {
    return "prefetch-" + policy;
  }

  /** All that a sitting may hold. */
  static List<Experiment> all() {
    List<Experiment> all = new ArrayList<>(main());
    for (long micros : ROUND_TRIPS_MICROS) {
      all.add(
          new Experiment(
              roundTrip(micros),
              "A round trip that takes %,d µs more".formatted(micros),
              "One vCPU, pages on demand alone, through a forwarder that delays every byte; what it"
                  + " really adds is among the remarks."));
    }
    for (long gigabits : RATES_GIGABITS) {
      all.add(
          new Experiment(
              rate(gigabits),
              "A link of " + gigabits + " Gbit/s",
              "Random touches while everything moves, over a link between two network namespaces"
                  + " that the kernel limits (tbf)."));
    }
    for (String policy : POLICIES) {
      all.add(
          new Experiment(
              prefetch(policy),
              "Prefetch policy: " + policy,
              "A sequential guest, pages on demand alone."));
    }
    return all;
  }

  private static List<Experiment> main() {
    return List.of(
        new Experiment(
            DEMAND,
            "One vCPU, pages on demand alone",
            "A guest touches one byte a page in pseudo-random order; nothing but its faults brings"
                + " pages. The C pagers do the same with userfaultfd."),
        new Experiment(
            DEMAND_BUSY_HOST,
            "The same with no core free",
            "Two processes keep both cores busy meanwhile."),
        new Experiment(
            FOUR_VCPUS,
            "Four vCPUs, pages on demand alone",
            "How many faults a second are served when four threads fault."),
        new Experiment(
            RANDOM,
            "Random touches while everything moves",
            "768 MiB touched one byte a page in pseudo-random order for ever, switched over at"
                + " once, the drain at full speed. Stalls are measured by the guest itself."),
        new Experiment(
            SEQUENTIAL,
            "Sequential touches while everything moves",
            "The same by address: the drain and the prefetch can follow."),
        new Experiment(
            IDLE,
            "An idle guest",
            "768 MiB of written memory, and nobody touches it: the drain alone, beside a raw TCP"
                + " stream. The stream into fresh memory also pays for the receiver's page"
                + " faults."),
        new Experiment(SMALL, "A guest of 64 MiB", "Downtime and set-up of a small guest."),
        new Experiment(
            LARGE,
            "A guest of 8 GiB",
            "Downtime, and what the daemons take beyond the guest's own memory."),
        new Experiment(
            FIRST,
            "The first migration of two fresh daemons",
            "Everything else here is measured on daemons that have moved a few guests before."));
  }
}
