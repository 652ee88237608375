package io.pageferry.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Guests that know whether a byte of theirs is wrong, moved again and again while they work. */
class MigrationSeriesTest {
  private static final int RUNS = 20;
  private static final int MEBIBYTES = 16;

  @ParameterizedTest(name = "{0} with {1} vCPUs")
  @CsvSource({"smp, 4", "kv, 1", "counter, 1"})
  void aWorkingGuestArrivesWhole(String program, int vcpus) {
    long seed = Guests.seed();
    Random random = new Random(seed);
    try (DaemonPair daemons = DaemonPair.start()) {
      for (int run = 1; run <= RUNS; run++) {
        daemons.run(Guests.program(program, vcpus, MEBIBYTES, seed + run).build());
        daemons.awaitInstructions(random.nextLong(4_000_000));
        var _ = daemons.migrate();
        assertThat(DaemonPair.verdict(daemons.destination()))
            .as("run %d of %s, seed %d", run, program, seed)
            .startsWith("PASS " + program);
        daemons.unloadBoth();
      }
    }
  }
}
