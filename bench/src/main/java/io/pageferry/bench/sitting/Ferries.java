package io.pageferry.bench.sitting;

import io.pageferry.bench.ferry.FerryPair;
import io.pageferry.bench.ferry.FerryScenario;
import io.pageferry.bench.ferry.FerryScenario.Work;
import io.pageferry.bench.net.AddedRoundTrip;
import io.pageferry.bench.net.Forwarder;
import io.pageferry.bench.net.LinkSettings;
import io.pageferry.bench.process.WarmPool;
import io.pageferry.bench.result.Run;
import io.pageferry.client.FerryException;
import io.pageferry.client.local.DaemonLaunch;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * PageFerry's own runs: by a pair of daemons that stays and is warm, and by pairs made for one
 * purpose. A pair that fails is replaced. One thread; ends all daemons when it is closed.
 */
final class Ferries implements AutoCloseable {
  private static final int PAGE_BYTES = 4096;

  /** Enough for a pair that is compared with others like it. */
  static final int SHORT_WARM_UP_RUNS = 4;

  private final Settings settings;
  private final WarmPool pool;
  private final List<Bars.AddedDelay> delays = new ArrayList<>();
  private final List<String> remarks = new ArrayList<>();
  private @Nullable FerryPair warm;
  private @Nullable LinkedPair linked;
  private int pairs;

  /** A pair whose page traffic goes through a forwarder. */
  private record LinkedPair(FerryPair pair, Forwarder forwarder) implements AutoCloseable {
    @Override
    public void close() {
      pair.close();
      forwarder.close();
    }
  }

  Ferries(Settings settings, WarmPool pool) {
    this.settings = settings;
    this.pool = pool;
  }

  /** What forwarders really added. */
  List<Bars.AddedDelay> delays() {
    return delays;
  }

  List<String> remarks() {
    return remarks;
  }

  /** A run by the warm pair, with recently used memory. */
  Run warm(FerryScenario scenario) throws InterruptedException {
    FerryPair pair = warmPair();
    try {
      return pooled(pair, scenario);
    } catch (FerryException e) {
      replaceWarm();
      throw e;
    }
  }

  private Run pooled(FerryPair pair, FerryScenario scenario) throws InterruptedException {
    pool.hold();
    return pair.run(scenario, pool::release);
  }

  Run warmOnBusyHost(FerryScenario scenario) throws InterruptedException {
    FerryPair pair = warmPair();
    pool.hold();
    List<BusyHost> busy = new ArrayList<>();
    try {
      return pair.run(
          scenario,
          () -> {
            pool.release();
            busy.add(new BusyHost());
          });
    } catch (FerryException e) {
      replaceWarm();
      throw e;
    } finally {
      busy.forEach(BusyHost::close);
    }
  }

  /** For guests larger than the pool. */
  Run warmWithoutPool(FerryScenario scenario) throws InterruptedException {
    FerryPair pair = warmPair();
    try {
      return pair.run(scenario, () -> {});
    } catch (FerryException e) {
      replaceWarm();
      throw e;
    }
  }

  Run faultRate(String experiment, int vcpus) throws InterruptedException {
    FerryPair pair = warmPair();
    pool.hold();
    try {
      return pair.faultRate(experiment, vcpus, Settings.DEMAND_BYTES, pool::release);
    } catch (FerryException e) {
      replaceWarm();
      throw e;
    }
  }

  /** By two daemons that have never moved anything. */
  Run fresh(FerryScenario scenario) throws InterruptedException {
    try (FerryPair pair = start(DaemonLaunch.LOOPBACK, DaemonLaunch.LOOPBACK)) {
      return pooled(pair, scenario);
    }
  }

  /** Demand alone, sequential, under a prefetch policy. */
  Run prefetching(String policy) throws InterruptedException {
    DaemonLaunch destination = DaemonLaunch.LOOPBACK.with(0, List.of("--prefetch", policy));
    try (FerryPair pair = start(DaemonLaunch.LOOPBACK, destination)) {
      pair.warmUp(SHORT_WARM_UP_RUNS);
      return pooled(
          pair,
          new FerryScenario(
              Experiments.prefetch(policy),
              Settings.DEMAND_BYTES,
              Work.SEQUENTIAL,
              Settings.DEMAND_MILLIS));
    }
  }

  /** Demand alone with an added round trip. */
  Run roundTrip(long micros) throws InterruptedException, IOException {
    LinkSettings link = LinkSettings.ofRoundTrip(Duration.ofNanos(micros * 1000));
    AddedRoundTrip added = AddedRoundTrip.measure(link, PAGE_BYTES);
    double addedMicros = added.added().toNanos() / 1e3;
    String experiment = Experiments.roundTrip(micros);
    delays.add(new Bars.AddedDelay(experiment, addedMicros));
    remarks.add(
        "Of %,d µs set, the forwarder added %,.0f µs to a round trip."
            .formatted(micros, addedMicros));
    return linked(
        new FerryScenario(experiment, Settings.DEMAND_BYTES, Work.RANDOM, Settings.DEMAND_MILLIS),
        link);
  }

  /** A run whose pages cross a link. */
  Run linked(FerryScenario scenario, LinkSettings link) throws InterruptedException, IOException {
    LinkedPair pair = linked;
    if (pair == null) {
      pair = startLinked();
      linked = pair;
    }
    pair.forwarder().change(link);
    try {
      return pooled(pair.pair(), scenario);
    } finally {
      pair.forwarder().change(LinkSettings.DIRECT);
    }
  }

  private LinkedPair startLinked() throws InterruptedException, IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    Forwarder forwarder =
        Forwarder.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port), LinkSettings.DIRECT);
    String advertised = "127.0.0.1:" + forwarder.address().getPort();
    try {
      FerryPair pair =
          start(
              DaemonLaunch.LOOPBACK.with(port, List.of("--advertise", advertised)),
              DaemonLaunch.LOOPBACK);
      pair.warmUp(Settings.WARM_UP_RUNS);
      return new LinkedPair(pair, forwarder);
    } catch (RuntimeException | InterruptedException e) {
      forwarder.close();
      throw e;
    }
  }

  private FerryPair warmPair() throws InterruptedException {
    FerryPair pair = warm;
    if (pair == null) {
      pair = start(DaemonLaunch.LOOPBACK, DaemonLaunch.LOOPBACK);
      warm = pair;
      pair.warmUp(Settings.WARM_UP_RUNS);
    }
    return pair;
  }

  /** A pair that its caller closes. */
  FerryPair start(DaemonLaunch source, DaemonLaunch destination) throws InterruptedException {
    Path logs = settings.results().resolve("logs").resolve("daemons-" + ++pairs);
    return FerryPair.start(settings.launcher(), logs, source, destination);
  }

  private void replaceWarm() {
    FerryPair pair = warm;
    warm = null;
    if (pair != null) {
      pair.close();
    }
  }

  @Override
  public void close() {
    replaceWarm();
    LinkedPair pair = linked;
    if (pair != null) {
      pair.close();
    }
  }
}
