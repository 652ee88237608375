package io.pageferry.bench.sitting;

import io.pageferry.bench.ferry.FerryPair;
import io.pageferry.bench.ferry.FerryScenario;
import io.pageferry.bench.ferry.FerryScenario.Work;
import io.pageferry.bench.net.Namespaces;
import io.pageferry.bench.process.NativePrograms;
import io.pageferry.bench.process.WarmPool;
import io.pageferry.bench.qemu.QemuMigration;
import io.pageferry.bench.qemu.QemuWorkload;
import io.pageferry.bench.result.Run;
import io.pageferry.client.local.DaemonLaunch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Runs between two network namespaces whose link the kernel limits to a rate ({@code tbf}), the
 * same for PageFerry and QEMU. One link at a time: another rate replaces it. One thread; ends
 * daemons and deletes namespaces when it is closed.
 */
final class ShapedLinks implements AutoCloseable {
  private static final long BITS_A_GIGABIT = 1_000_000_000;
  private static final Path CONGESTION_CONTROL =
      Path.of("/proc/sys/net/ipv4/tcp_congestion_control");
  private static final Duration QEMU_LIMIT = Duration.ofMinutes(2);

  private final Settings settings;
  private final NativePrograms programs;
  private final WarmPool pool;
  private final Ferries ferries;
  private @Nullable Link current;

  /** A link, and the daemons at its ends once they are needed. */
  private static final class Link implements AutoCloseable {
    private final long gigabits;
    private final Namespaces hosts;
    private @Nullable FerryPair pair;

    Link(long gigabits, Namespaces hosts) {
      this.gigabits = gigabits;
      this.hosts = hosts;
    }

    @Override
    public void close() {
      if (pair != null) {
        pair.close();
        pair = null;
      }
      hosts.close();
    }
  }

  ShapedLinks(Settings settings, NativePrograms programs, WarmPool pool, Ferries ferries) {
    this.settings = settings;
    this.programs = programs;
    this.pool = pool;
    this.ferries = ferries;
  }

  /** Random touches while everything moves, by PageFerry. */
  Run pageferry(long gigabits) throws InterruptedException, IOException {
    Link link = link(gigabits);
    FerryPair pair = link.pair;
    if (pair == null) {
      pair = ferries.start(daemonOn(link.hosts.source()), daemonOn(link.hosts.destination()));
      link.pair = pair;
      pair.warmUp(Ferries.SHORT_WARM_UP_RUNS);
    }
    pool.hold();
    return pair.run(
        new FerryScenario(Experiments.rate(gigabits), settings.guestBytes(), Work.RANDOM, 0),
        pool::release);
  }

  private static DaemonLaunch daemonOn(Namespaces.Host host) {
    return new DaemonLaunch(host.controlAddress(), 0, host.prefix(), List.of(), "");
  }

  /** The same by QEMU. */
  Run qemu(long gigabits, boolean preempt) throws InterruptedException, IOException {
    Link link = link(gigabits);
    QemuMigration.Setup setup =
        new QemuMigration.Setup(
            settings.guestMib(),
            link.hosts.destination().address(),
            link.hosts.source().prefix(),
            link.hosts.destination().prefix(),
            QEMU_LIMIT);
    return new QemuMigration(programs, pool, setup)
        .run(
            Experiments.rate(gigabits),
            new QemuMigration.Scenario(QemuWorkload.RANDOM, preempt, false));
  }

  private Link link(long gigabits) throws IOException {
    Link link = current;
    if (link == null || link.gigabits != gigabits) {
      close();
      link =
          new Link(
              gigabits,
              Namespaces.create(
                  Files.readString(CONGESTION_CONTROL).strip(),
                  OptionalLong.of(gigabits * BITS_A_GIGABIT)));
      current = link;
    }
    return link;
  }

  @Override
  public void close() {
    Link link = current;
    current = null;
    if (link != null) {
      link.close();
    }
  }
}
