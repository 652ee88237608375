package io.pageferry.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.client.StatusPair;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.proto.v1.MigrationStatus;
import org.junit.jupiter.api.Test;

class AnswerDelayTest {
  private static final long NANOS = 200_000;

  @Test
  void answersToFetchesAreHeldBackAtLeastAsLongAsAskedForAndTheGuestArrivesWhole() {
    try (DaemonPair daemons = DaemonPair.start()) {
      daemons.run(Guests.program("kv", 1, 16, 3).build());
      daemons.awaitInstructions(3_000_000);
      StatusPair end =
          daemons.migrate(
              MigrateRequest.newBuilder().setAnswerDelayNanos(NANOS).setDrainAfterMillis(300));
      MigrationStatus left = end.sourceMigration().orElseThrow();
      MigrationStatus arrived = end.destinationMigration().orElseThrow();
      assertThat(left.getAnswerDelay().getCount()).isPositive();
      assertThat(left.getAnswerDelay().getMin()).isGreaterThanOrEqualTo(NANOS);
      assertThat(arrived.getFaultLatency().getWire().getP50()).isGreaterThan(NANOS);
      assertThat(DaemonPair.verdict(daemons.destination())).startsWith("PASS kv");
    }
  }
}
