package io.pageferry.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
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
 *
 * <p>Three guests take turns in one JVM, so that compiler and host treat them alike.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 8, time = 2)
@Fork(value = 2)
public class UserfaultFastPathBenchmark {
  /** Enough to touch every page of 64 MiB several times. */
  private static final long FILL_INSTRUCTIONS = 2_000_000;

  /** Size of each guest: 2 fits the TLB, 64 does not. */
  @Param({"2", "64"})
  public int memoryMebibytes = 2;

  private final GuestHolder without = new GuestHolder();
  private final GuestHolder on = new GuestHolder();
  private final GuestHolder offAgain = new GuestHolder();

  /** What each of the guests got done; see {@link Progress}. */
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  @State(Scope.Thread)
  public static class Turns {
    /** Of the guest that never had a bitmap. */
    public long instructionsWithout;

    /** See {@link #instructionsWithout}. */
    public long nanosWithout;

    /** Of the guest with a bitmap, all of whose bits have been cleared by faults. */
    public long instructionsOn;

    /** See {@link #instructionsOn}. */
    public long nanosOn;

    /** Of the guest that had a bitmap until the measurement. */
    public long instructionsOffAgain;

    /** See {@link #instructionsOffAgain}. */
    public long nanosOffAgain;
  }

  /** Boots the guests and brings their slots into the states to measure. */
  @Setup(Level.Trial)
  public void boot() {
    without.open(boot(false));
    on.open(boot(true));
    offAgain.open(boot(true));
    offAgain.get().machine().disableUserfault(0);
  }

  private BenchmarkGuest boot(boolean userfault) {
    BenchmarkGuest booted = new BenchmarkGuest("counter", 1, (long) memoryMebibytes << 20);
    if (userfault) {
      booted.machine().enableUserfault(0);
    }
    booted.machine().resume();
    booted.awaitInstructions(FILL_INSTRUCTIONS);
    booted.machine().pause();
    return booted;
  }

  /** Ends the guests. */
  @TearDown(Level.Trial)
  public void close() {
    without.close();
    on.close();
    offAgain.close();
  }

  /** A slice of each. */
  @Benchmark
  public void run(Turns turns) {
    Progress progress = Progress.of(without.get());
    turns.instructionsWithout += progress.instructions;
    turns.nanosWithout += progress.nanos;
    progress = Progress.of(on.get());
    turns.instructionsOn += progress.instructions;
    turns.nanosOn += progress.nanos;
    progress = Progress.of(offAgain.get());
    turns.instructionsOffAgain += progress.instructions;
    turns.nanosOffAgain += progress.nanos;
  }
}
