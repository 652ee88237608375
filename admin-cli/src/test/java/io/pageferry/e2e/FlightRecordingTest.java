package io.pageferry.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.proto.v1.MigrationStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A migration in a flight recording, as docs/performance.md says it is there. */
class FlightRecordingTest {
  private static final String FAULT = "pageferry.Fault";
  private static final String PHASE = "pageferry.Phase";

  @TempDir private Path directory;
  private MigrationStatus arrived = MigrationStatus.getDefaultInstance();

  private List<RecordedEvent> record(Recording recording) throws IOException {
    Path file = directory.resolve("migration.jfr");
    try (recording;
        DaemonPair daemons = DaemonPair.start()) {
      recording.start();
      daemons.run(Guests.program("smp", 2, 16, 1).build());
      // A guest that has hardly begun may move without a single fault.
      daemons.awaitInstructions(3_000_000);
      arrived = daemons.migrate().destinationMigration().orElseThrow();
      // No fault is between its count and its event any more.
      var _ = DaemonPair.verdict(daemons.destination());
      arrived = daemons.destination().status().getMigration();
      recording.stop();
      recording.dump(file);
    }
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().startsWith("pageferry."))
        .toList();
  }

  private static List<RecordedEvent> named(String name, List<RecordedEvent> events) {
    return events.stream().filter(event -> event.getEventType().getName().equals(name)).toList();
  }

  @Test
  void everyFaultIsThereWithItsPartsWhichAddUpToItsDuration() throws IOException {
    Recording recording = new Recording();
    var _ = recording.enable(FAULT);
    List<RecordedEvent> faults = named(FAULT, record(recording));
    assertThat(faults).hasSize((int) arrived.getFaults()).isNotEmpty();
    Set<String> origins = new HashSet<>();
    for (RecordedEvent fault : faults) {
      String origin = fault.getString("origin");
      Duration parts =
          fault
              .getDuration("queue")
              .plus(fault.getDuration("wire"))
              .plus(fault.getDuration("install"))
              .plus(fault.getDuration("resume"));
      if (!origin.equals("UNKNOWN")) {
        origins.add(origin);
        // The event begins and ends a moment after the times that its fields are made of.
        assertThat(parts).isCloseTo(fault.getDuration(), Duration.ofMillis(50));
      }
      assertThat(fault.getInt("vcpu")).isBetween(0, 1);
      assertThat(fault.getLong("frame")).isBetween(0x80000L, 0x80fffL);
      assertThat(fault.getLong("address") / 4096).isEqualTo(fault.getLong("frame"));
    }
    assertThat(origins).isSubsetOf("FETCH", "PREFETCH", "DRAIN").isNotEmpty();
  }

  @Test
  void aThresholdLeavesFastFaultsOut() throws IOException {
    Recording recording = new Recording();
    var _ = recording.enable(FAULT).withThreshold(Duration.ofHours(1));
    assertThat(named(FAULT, record(recording))).isEmpty();
    assertThat(arrived.getFaults()).isPositive();
  }

  @Test
  void aThrottleTakesASample() throws IOException {
    Recording recording = new Recording();
    var _ = recording.enable(FAULT).with("throttle", "1/h");
    assertThat(named(FAULT, record(recording))).hasSizeLessThan((int) arrived.getFaults());
  }

  @Test
  void unlessAskedForFaultsAreNotRecordedButPhasesAre() throws IOException {
    List<RecordedEvent> events = record(new Recording());
    assertThat(named(FAULT, events)).isEmpty();
    assertThat(named(PHASE, events)).isNotEmpty();
  }

  @Test
  void thePhasesOfBothDaemonsFollowEachOther() throws IOException {
    List<RecordedEvent> phases = named(PHASE, record(new Recording()));
    List<String> entered =
        phases.stream()
            .map(event -> event.getString("previous") + ">" + event.getString("phase"))
            .toList();
    assertThat(entered)
        .containsExactlyInAnyOrder(
            ">SETUP",
            "SETUP>SWITCHOVER",
            "SWITCHOVER>POSTCOPY_ACTIVE",
            "POSTCOPY_ACTIVE>COMPLETED",
            ">ADVISED",
            "ADVISED>POSTCOPY_ACTIVE",
            "POSTCOPY_ACTIVE>COMPLETED");
    assertThat(phases)
        .allMatch(
            event -> event.getString("migration").equals(arrived.getMigration().getMigrationId()))
        .allMatch(event ->
            event.getString("previous").isEmpty()
                || event.getDuration("previousLasted").isPositive());
  }
}
