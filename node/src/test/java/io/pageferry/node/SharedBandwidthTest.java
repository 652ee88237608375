package io.pageferry.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.pageferry.config.DataSize;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.source.SourceConfig;
import org.junit.jupiter.api.Test;

/** Two guests that leave a node at the same time share what its drains may send. */
class SharedBandwidthTest {
  private static final int MEBIBYTES = 8;
  private static final DataSize LIMIT = DataSize.ofMebibytes(6);

  private static void fill(Nodes node, String name) {
    node.load(name, "touch", MEBIBYTES);
    node.run(name);
    await()
        .atMost(Nodes.PATIENCE)
        .until(() -> node.status(name).getGuest().getResidentBytes() > (MEBIBYTES - 1L) << 20);
    // A guest that does not run asks for nothing: all of it is drained.
    node.pause(name);
  }

  @Test
  void bothKeepToTheLimitTogetherAndHaveEqualShares() {
    SourceConfig limited = new SourceConfig(SourceConfig.DEFAULT.maxBytesInFlight(), LIMIT);
    try (Nodes from = Nodes.start(limited);
        Nodes to = Nodes.start()) {
      fill(from, "one");
      fill(from, "two");
      from.begin("one", to);
      from.begin("two", to);
      from.awaitArrival("one", to);
      from.awaitArrival("two", to);
      MigrationStatus one = from.status("one").getMigration();
      MigrationStatus two = from.status("two").getMigration();
      double bytes = one.getDrainBytes() + two.getDrainBytes();
      double seconds = Math.max(one.getElapsedNanos(), two.getElapsedNanos()) / 1e9;
      assertThat(bytes).isGreaterThan((MEBIBYTES - 1) << 20);
      assertThat(bytes / seconds).as("bytes a second").isLessThan(1.15 * LIMIT.bytes());
      assertThat((double) one.getElapsedNanos() / two.getElapsedNanos())
          .as("time of one, of that of the other")
          .isCloseTo(1, within(0.3));
      to.run("one");
      to.run("two");
      to.assertGuestIsWell("one");
      to.assertGuestIsWell("two");
    }
  }
}
