package io.pageferry.bench.sitting;

import io.pageferry.bench.peer.Pager;
import io.pageferry.bench.peer.Route;
import io.pageferry.bench.peer.Stream;
import io.pageferry.bench.peer.Waiting;
import io.pageferry.bench.process.NativePrograms;
import io.pageferry.bench.process.WarmPool;
import io.pageferry.bench.qemu.QemuMigration;
import io.pageferry.bench.qemu.QemuWorkload;
import io.pageferry.bench.result.Run;
import java.util.Map;
import java.util.Optional;

/** The peers' runs, one method each. One thread. */
final class Peers {
  private final Pager pager;
  private final Stream stream;
  private final QemuMigration qemu;
  private final int streamMib;

  Peers(NativePrograms programs, WarmPool pool, int streamMib) {
    pager = new Pager(programs);
    stream = new Stream(programs);
    qemu = new QemuMigration(programs, pool, QemuMigration.Setup.loopback());
    this.streamMib = streamMib;
  }

  Run pager(String experiment, Pager.Shape shape, Waiting waiting, int threads)
      throws InterruptedException {
    return pager.run(
        experiment,
        new Pager.Options(shape, waiting, threads, Settings.demandPages()),
        Route.loopback());
  }

  Run stream(String experiment, Stream.Receiver receiver) throws InterruptedException {
    return stream.run(
        experiment, new Stream.Options(streamMib, receiver, Optional.empty()), Route.loopback());
  }

  Run qemu(String experiment, QemuWorkload workload, boolean preempt) throws InterruptedException {
    return qemu.run(experiment, new QemuMigration.Scenario(workload, preempt, false));
  }

  /** Looks at the guest while it moves, which may slow it down: only the curves are kept. */
  Run qemuCurves(String experiment, QemuWorkload workload, boolean preempt)
      throws InterruptedException {
    Run run = qemu.run(experiment, new QemuMigration.Scenario(workload, preempt, true));
    return new Run(run.experiment(), run.side(), Map.of(), run.curves());
  }
}
