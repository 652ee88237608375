package io.pageferry.bench.fault;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a demand fault costs: one vCPU touches pages in random order, and each comes over TCP when
 * it is touched. An operation is a whole migration without a drain, over twenty thousand faults;
 * read the counters of {@link FaultCosts}. Bytes for each fault are the same on a busy machine, but
 * a few percent differ from fork to fork, as what the compiler saves does.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5)
@Measurement(iterations = 8)
@Fork(value = 3)
public class FaultPathBenchmark {
  private final DemandMigrations migrations = new DemandMigrations();

  /** A guest all of whose pages hold something. */
  @Setup(Level.Iteration)
  public void load() throws InterruptedException {
    migrations.load();
  }

  /** Ends when every page was fetched. */
  @Benchmark
  public void faults(FaultCosts costs) throws InterruptedException {
    migrations.beginFaults();
    costs.begin(migrations.faults());
    migrations.awaitPages();
    costs.end(migrations.faults());
  }

  /** Frees the guest's memory on both sides. */
  @TearDown(Level.Iteration)
  public void unload() {
    migrations.unload();
  }

  /** Ends both daemons. */
  @TearDown(Level.Trial)
  public void close() {
    migrations.close();
  }
}
