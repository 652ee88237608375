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

/** How long it takes to pause a machine all of whose vCPUs are busy; the promise is 10 ms. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2)
public class PauseBenchmark {
  /** Number of vCPUs. */
  @Param({"1", "2", "4", "16"})
  public int vcpus = 1;

  private final GuestHolder guest = new GuestHolder();

  /** Boots the guest. */
  @Setup(Level.Trial)
  public void boot() {
    guest.open(new BenchmarkGuest("smp", vcpus, 64L << 20));
  }

  /** Lets every vCPU be in the middle of something. */
  @Setup(Level.Invocation)
  public void resume() {
    guest.get().machine().resume();
    guest.get().awaitInstructions(1_000_000);
  }

  /** Ends the guest. */
  @TearDown(Level.Trial)
  public void close() {
    guest.close();
  }

  /** Returns when no vCPU executes. */
  @Benchmark
  public void pause() {
    guest.get().machine().pause();
  }
}
