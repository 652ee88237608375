package io.pageferry.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How fast one hart executes the bundled programs; the promise is 100 million instructions a
 * second.
 *
 * <p>An operation is a slice of {@link Progress}. With the profiler {@code gc}, {@code
 * gc.alloc.rate.norm} is what the whole JVM allocates in it.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3)
public class InterpreterBenchmark {
  /** Name of a bundled program. */
  @Param({"counter", "touch", "kv", "smp"})
  public String program = "";

  private final GuestHolder guest = new GuestHolder();

  /** Boots the guest. */
  @Setup(Level.Trial)
  public void boot() {
    guest.open(new BenchmarkGuest(program, 1, 64L << 20));
  }

  /** Ends the guest. */
  @TearDown(Level.Trial)
  public void close() {
    guest.close();
  }

  /** A slice of time. */
  @Benchmark
  public void run(Progress progress) {
    progress.measure(guest.get());
  }
}
