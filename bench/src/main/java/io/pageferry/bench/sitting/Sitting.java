package io.pageferry.bench.sitting;

import io.pageferry.bench.ferry.FerryScenario;
import io.pageferry.bench.ferry.FerryScenario.Work;
import io.pageferry.bench.net.LinkSettings;
import io.pageferry.bench.net.Namespaces;
import io.pageferry.bench.peer.Pager;
import io.pageferry.bench.peer.Stream;
import io.pageferry.bench.peer.Waiting;
import io.pageferry.bench.process.NativePrograms;
import io.pageferry.bench.process.WarmPool;
import io.pageferry.bench.qemu.QemuMigration;
import io.pageferry.bench.qemu.QemuWorkload;
import io.pageferry.bench.report.Host;
import io.pageferry.bench.report.Report;
import io.pageferry.bench.result.Bar;
import io.pageferry.bench.result.Run;
import java.io.PrintStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Every comparison in one go, side after side in each round, so that whatever drifts on the host
 * drifts for all. A run that does not end well, or whose memory is not right, is a remark and does
 * not count. One thread, once.
 */
final class Sitting {
  /** Holds both ends' memory of a guest that is compared with QEMU's. */
  private static final int POOL_FACTOR = 2;

  /** How often each rate is tried; a run takes as long as its link says. */
  private static final int RATE_ROUNDS = 3;

  private final Settings settings;
  private final PrintStream progressStream;
  private final List<Run> runs = new ArrayList<>();
  private final List<String> remarks = new ArrayList<>();

  Sitting(Settings settings, PrintStream progressStream) {
    this.settings = settings;
    this.progressStream = progressStream;
  }

  Report hold() throws InterruptedException {
    Instant when = Instant.now();
    NativePrograms programs = NativePrograms.build();
    boolean hasQemu = QemuMigration.isInstalled();
    if (!hasQemu) {
      remarks.add("qemu-system-x86_64 is not installed, or may not use userfaultfd: left out.");
    }
    int poolMib = POOL_FACTOR * settings.guestMib();
    List<Bars.AddedDelay> delays;
    try (WarmPool pool = new WarmPool(programs, poolMib);
        Ferries ferries = new Ferries(settings, pool);
        ShapedLinks links = new ShapedLinks(settings, programs, pool, ferries)) {
      Peers peers = new Peers(programs, pool, settings.guestMib());
      Plan plan = new Plan();
      for (int round = 0; round < settings.rounds(); round++) {
        addDemand(plan, ferries, peers);
        addMoving(plan, ferries, peers, hasQemu);
      }
      if (hasQemu) {
        addQemuCurves(plan, peers);
      }
      addSingles(plan, ferries);
      if (!settings.quick()) {
        addRates(plan, ferries, links, hasQemu);
      }
      carryOut(plan);
      delays = ferries.delays();
      remarks.addAll(ferries.remarks());
    }
    return new Report(
        when,
        Host.current(),
        described(poolMib),
        Experiments.all(),
        runs,
        barsAskedFor(delays),
        remarks);
  }

  /** All of them, measured or not; but only those that were, of a sitting for a part of them. */
  private List<Bar> barsAskedFor(List<Bars.AddedDelay> delays) {
    return Bars.of(runs, delays).stream()
        .filter(bar -> settings.only().isEmpty() || !Double.isNaN(bar.figure()))
        .toList();
  }

  private void addDemand(Plan plan, Ferries ferries, Peers peers) {
    FerryScenario alone = demand(Experiments.DEMAND);
    plan.add("demand by pageferry", () -> ferries.warm(alone));
    pager(plan, peers, Experiments.DEMAND, Waiting.BLOCK);
    pager(plan, peers, Experiments.DEMAND, Waiting.BUSY);
    FerryScenario busy = demand(Experiments.DEMAND_BUSY_HOST);
    plan.add("demand with no core free by pageferry", () -> ferries.warmOnBusyHost(busy));
    plan.add(
        "demand with no core free by the blocking pager",
        () -> {
          try (var _ = new BusyHost()) {
            return peers.pager(busy.experiment(), Pager.Shape.HANDLER, Waiting.BLOCK, 1);
          }
        });
    plan.add("four vCPUs by pageferry", () -> ferries.faultRate(Experiments.FOUR_VCPUS, 4));
    plan.add(
        "four threads by the pipelined pager",
        () -> peers.pager(Experiments.FOUR_VCPUS, Pager.Shape.PIPELINED, Waiting.BLOCK, 4));
  }

  private static FerryScenario demand(String experiment) {
    return new FerryScenario(
        experiment, Settings.DEMAND_BYTES, Work.RANDOM, Settings.DEMAND_MILLIS);
  }

  private static void pager(Plan plan, Peers peers, String experiment, Waiting waiting) {
    plan.add(
        "demand by the pager, " + waiting,
        () -> peers.pager(experiment, Pager.Shape.HANDLER, waiting, 1));
  }

  private void addMoving(Plan plan, Ferries ferries, Peers peers, boolean hasQemu) {
    moving(plan, ferries, Experiments.RANDOM, Work.RANDOM);
    if (hasQemu) {
      qemu(plan, peers, Experiments.RANDOM, QemuWorkload.RANDOM, true);
      qemu(plan, peers, Experiments.RANDOM, QemuWorkload.RANDOM, false);
    }
    moving(plan, ferries, Experiments.IDLE, Work.IDLE);
    plan.add("stream", () -> peers.stream(Experiments.IDLE, Stream.Receiver.SMALL_BUFFER));
    plan.add(
        "stream into fresh memory",
        () -> peers.stream(Experiments.IDLE, Stream.Receiver.FRESH_MEMORY));
    if (hasQemu) {
      qemu(plan, peers, Experiments.IDLE, QemuWorkload.IDLE, false);
    }
    moving(plan, ferries, Experiments.SEQUENTIAL, Work.SEQUENTIAL);
    if (hasQemu) {
      qemu(plan, peers, Experiments.SEQUENTIAL, QemuWorkload.SEQUENTIAL, true);
    }
    plan.add(
        "64 MiB by pageferry",
        () ->
            ferries.warm(
                new FerryScenario(Experiments.SMALL, Settings.SMALL_BYTES, Work.RANDOM, 0)));
  }

  private void moving(Plan plan, Ferries ferries, String experiment, Work work) {
    plan.add(
        experiment + " by pageferry",
        () -> ferries.warm(new FerryScenario(experiment, settings.guestBytes(), work, 0)));
  }

  private static void qemu(
      Plan plan, Peers peers, String experiment, QemuWorkload workload, boolean preempt) {
    plan.add(
        experiment + " by QEMU" + (preempt ? " with preempt" : ""),
        () -> peers.qemu(experiment, workload, preempt));
  }

  private static void addQemuCurves(Plan plan, Peers peers) {
    for (boolean preempt : new boolean[] {true, false}) {
      plan.add(
          "random by QEMU" + (preempt ? " with preempt" : "") + ", looked at while it moves",
          () -> peers.qemuCurves(Experiments.RANDOM, QemuWorkload.RANDOM, preempt));
    }
  }

  private void addSingles(Plan plan, Ferries ferries) {
    plan.add(
        "8 GiB by pageferry",
        () ->
            ferries.warmWithoutPool(
                new FerryScenario(Experiments.LARGE, Settings.LARGE_BYTES, Work.RANDOM, 0)));
    plan.add(
        "first migration by pageferry",
        () ->
            ferries.fresh(
                new FerryScenario(Experiments.FIRST, settings.guestBytes(), Work.RANDOM, 0)));
    for (long micros : Experiments.ROUND_TRIPS_MICROS) {
      plan.add(micros + " µs more by pageferry", () -> ferries.roundTrip(micros));
      if (settings.quick()) {
        return;
      }
    }
    for (String policy : Experiments.POLICIES) {
      plan.add("prefetch " + policy + " by pageferry", () -> ferries.prefetching(policy));
    }
  }

  private void addRates(Plan plan, Ferries ferries, ShapedLinks links, boolean hasQemu) {
    Optional<String> obstacle = Namespaces.obstacle();
    obstacle.ifPresent(why -> remarks.add(why + " Rates are those of the forwarder."));
    for (long gigabits : Experiments.RATES_GIGABITS) {
      if (obstacle.isPresent()) {
        plan.add(
            gigabits + " Gbit/s by pageferry",
            () ->
                ferries.linked(
                    new FerryScenario(
                        Experiments.rate(gigabits), settings.guestBytes(), Work.RANDOM, 0),
                    LinkSettings.ofRate(gigabits * 1_000_000_000L)));
        continue;
      }
      for (int round = 0; round < RATE_ROUNDS; round++) {
        plan.add(gigabits + " Gbit/s by pageferry", () -> links.pageferry(gigabits));
        if (hasQemu) {
          plan.add(gigabits + " Gbit/s by QEMU with preempt", () -> links.qemu(gigabits, true));
          plan.add(gigabits + " Gbit/s by QEMU", () -> links.qemu(gigabits, false));
        }
      }
    }
  }

  private void carryOut(Plan plan) throws InterruptedException {
    List<Plan.Step> steps = plan.steps(settings.only());
    Progress progress = new Progress(progressStream, steps.size());
    for (Plan.Step step : steps) {
      progress.begin(step.name());
      try {
        runs.add(step.run().call());
      } catch (InterruptedException e) {
        throw e;
      } catch (Exception e) {
        String sentence = "A run of " + step.name() + " does not count: " + e.getMessage();
        remarks.add(sentence);
        progress.note(sentence);
      }
      progress.end();
    }
  }

  private Map<String, String> described(int poolMib) {
    Map<String, String> described = new LinkedHashMap<>();
    described.put("kind", settings.quick() ? "quick" : "full");
    described.put("rounds", Integer.toString(settings.rounds()));
    described.put("guest compared with QEMU's", settings.guestMib() + " MiB");
    described.put("guest of the demand-only runs", (Settings.DEMAND_BYTES >> 20) + " MiB");
    described.put("migrations before the first measured one", "" + Settings.WARM_UP_RUNS);
    described.put("memory handed over warm before a run", poolMib + " MiB");
    return described;
  }
}
