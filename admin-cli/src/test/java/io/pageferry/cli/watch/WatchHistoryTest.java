package io.pageferry.cli.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.VcpuStatus;
import org.junit.jupiter.api.Test;

class WatchHistoryTest {
  private final WatchHistory history = new WatchHistory();

  private WatchFrame lookAt(long millis, Phase phase) {
    return history.add(
        new Observation(
            millis * Looks.MILLIS,
            Looks.source(Looks.source(phase, millis)),
            Looks.destination(Looks.destination(phase, millis, 2))));
  }

  @Test
  void ratesAreThoseOfTheLastSecond() {
    for (long millis = 500; millis < 5_000; millis += 500) {
      var _ = lookAt(millis, Phase.PHASE_POSTCOPY_ACTIVE);
    }
    WatchFrame frame = lookAt(5_000, Phase.PHASE_POSTCOPY_ACTIVE);
    assertThat(frame.now().nanos() - frame.before().nanos()).isEqualTo(1_000 * Looks.MILLIS);
    Rates rates = frame.rates();
    assertThat(rates.perSecond(MigrationStatus::getDrainBytes)).isEqualTo(9_000_000, within(1.0));
    assertThat(rates.average(MigrationStatus::getDrainBytes)).isEqualTo(9_000_000, within(1.0));
    assertThat(rates.perSecond(1, VcpuStatus::getInstructions)).isEqualTo(20_001_000, within(1.0));
  }

  @Test
  void whatCannotBeToldIsNotANumber() {
    Rates rates = lookAt(500, Phase.PHASE_POSTCOPY_ACTIVE).rates();
    assertThat(rates.perSecond(MigrationStatus::getDrainBytes)).isNaN();
    assertThat(rates.perSecond(0, VcpuStatus::getInstructions)).isNaN();
    assertThat(rates.perSecond(9, VcpuStatus::getInstructions)).isNaN();
  }

  @Test
  void aMigrationIsSampledFourTimesASecondUntilItIsOver() {
    for (long millis = 0; millis < 2_000; millis += 50) {
      var _ = lookAt(millis, Phase.PHASE_POSTCOPY_ACTIVE);
    }
    assertThat(history.samples()).hasSize(8);
    var _ = lookAt(2_000, Phase.PHASE_COMPLETED);
    assertThat(lookAt(3_000, Phase.PHASE_COMPLETED).samples()).hasSize(8);
  }

  @Test
  void theNextMigrationBeginsWithoutSamples() {
    var _ = lookAt(1_000, Phase.PHASE_POSTCOPY_ACTIVE);
    WatchFrame later =
        history.add(
            new Observation(
                2_000 * Looks.MILLIS,
                Looks.source(Looks.idleSource(2)),
                Looks.destination(Looks.idleDestination())));
    assertThat(later.samples()).isEmpty();
  }
}
