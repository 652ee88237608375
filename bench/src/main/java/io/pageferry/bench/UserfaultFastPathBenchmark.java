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
 * What userfault costs a guest whose pages are all present: nothing where the TLB hits, a test of a
 * bit where it misses.
 *
 * <p>The program {@code counter} loads and stores a byte in every page in turn. 2 MiB fit the TLB,
 * which is the fast path; of 64 MiB every page misses, which is the slow path and nothing else.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3)
public class UserfaultFastPathBenchmark {
  /** Enough to touch every page of 64 MiB several times. */
  private static final long FILL_INSTRUCTIONS = 2_000_000;

  /** What the memory slot has. */
  public enum Userfault {
    /** There never was a bitmap. */
    WITHOUT,
    /** A bitmap, all of whose bits have been cleared by faults. */
    ON,
    /** A bitmap was there until the measurement. */
    OFF_AGAIN
  }

  /** See {@link Userfault}. */
  @Param public Userfault userfault = Userfault.WITHOUT;

  /** Size of the guest: 2 fits the TLB, 64 does not. */
  @Param({"2", "64"})
  public int memoryMebibytes = 2;

  private final GuestHolder guest = new GuestHolder();

  /** Boots the guest and brings its slot into the state to measure. */
  @Setup(Level.Trial)
  public void boot() {
    BenchmarkGuest booted = new BenchmarkGuest("counter", 1, (long) memoryMebibytes << 20);
    guest.open(booted);
    if (userfault != Userfault.WITHOUT) {
      booted.machine().enableUserfault(0);
    }
    booted.machine().resume();
    booted.awaitInstructions(FILL_INSTRUCTIONS);
    booted.machine().pause();
    if (userfault == Userfault.OFF_AGAIN) {
      booted.machine().disableUserfault(0);
    }
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
