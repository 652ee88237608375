package io.pageferry.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.client.StatusPair;
import io.pageferry.fault.mechanism.MechanismChoice;
import io.pageferry.fault.mechanism.MechanismKind;
import io.pageferry.proto.v1.AccessPattern;
import io.pageferry.proto.v1.DigestGuestResponse;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.PauseGuestRequest;
import io.pageferry.proto.v1.SyntheticWorkload;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Guests that move under each mechanism: nothing but the mechanism may differ. */
class MechanismsTest {
  private static final int MEBIBYTES = 16;

  /** By then the program has filled its memory, and uses its device. */
  private static final long DMA_IS_AT_WORK = 40_000_000;

  @ParameterizedTest
  @EnumSource
  void aWorkingGuestArrivesWhole(MechanismKind kind) {
    long seed = Guests.seed();
    Random random = new Random(seed);
    MechanismChoice choice = MechanismChoice.parse(kind.toString());
    try (DaemonPair daemons = DaemonPair.start(choice)) {
      for (int run = 1; run <= 4; run++) {
        String program = run % 2 == 0 ? "smp" : "kv";
        int vcpus = run % 2 == 0 ? 4 : 1;
        daemons.run(Guests.program(program, vcpus, MEBIBYTES, seed + run).build());
        daemons.awaitInstructions(random.nextLong(4_000_000));
        StatusPair end = daemons.migrate();
        assertThat(end.destinationMigration().map(MigrationStatus::getFaultMechanism))
            .contains(kind.toString());
        assertThat(DaemonPair.verdict(daemons.destination()))
            .as("run %d of %s, seed %d", run, program, seed)
            .startsWith("PASS " + program);
        daemons.unloadBoth();
      }
    }
  }

  /** Its device accesses pages that are missing, and cannot exit. */
  @ParameterizedTest
  @EnumSource
  void aGuestWhoseDeviceIsAtWorkArrivesWhole(MechanismKind kind) {
    long seed = Guests.seed();
    Random random = new Random(seed);
    long faults = 0;
    try (DaemonPair daemons = DaemonPair.start(MechanismChoice.parse(kind.toString()))) {
      for (int run = 1; run <= 4; run++) {
        String program = run % 2 == 0 ? "confidential" : "dma";
        daemons.run(Guests.program(program, 1, MEBIBYTES, seed + run).build());
        daemons.awaitInstructions(DMA_IS_AT_WORK + random.nextLong(4_000_000));
        StatusPair end = daemons.migrate();
        assertThat(DaemonPair.verdict(daemons.destination()))
            .as("run %d, seed %d", run, seed)
            .startsWith("PASS " + program);
        faults +=
            end.destinationMigration().orElseThrow().getFaultLatency().getAsynchronous().getCount();
        daemons.unloadBoth();
      }
      // In a single run, all that the device needs may have come before.
      assertThat(faults).as("faults of devices, seed %d", seed).isPositive();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aPausedGuestHasTheSameSha256AtBothEnds(MechanismKind kind) {
    try (DaemonPair daemons = DaemonPair.start(MechanismChoice.parse(kind.toString()))) {
      daemons.run(Guests.program("smp", 4, MEBIBYTES, 7).build());
      daemons.awaitInstructions(3_000_000);
      var _ =
          daemons.source().call(stub -> stub.pauseGuest(PauseGuestRequest.getDefaultInstance()));
      DigestGuestResponse before = DaemonPair.digest(daemons.source());
      var _ = daemons.migrate();
      assertThat(DaemonPair.digest(daemons.destination())).isEqualTo(before);
      DaemonPair.resume(daemons.destination());
      assertThat(DaemonPair.verdict(daemons.destination())).startsWith("PASS smp");
    }
  }

  /** Eight vCPUs that verify every word they read, all on the same pages. */
  @ParameterizedTest
  @EnumSource
  void vcpusThatWaitForTheSamePagesReadTheirOwnWords(MechanismKind kind) {
    try (DaemonPair daemons = DaemonPair.start(MechanismChoice.parse(kind.toString()))) {
      daemons.run(
          LoadGuestRequest.newBuilder()
              .setVcpuCount(8)
              .setMemoryBytes((long) MEBIBYTES << 20)
              .setStopAfterInstructions(60_000)
              .setSynthetic(
                  SyntheticWorkload.newBuilder()
                      .setPattern(AccessPattern.ACCESS_PATTERN_SEQUENTIAL)
                      .setAccessesPerSecond(40_000)
                      .setWriteRatio(0.5)
                      .setSeed(3))
              .build());
      daemons.awaitInstructions(100_000);
      var _ = daemons.migrate();
      assertThat(DaemonPair.awaitShutdown(daemons.destination()).getExitCode()).isZero();
    }
  }
}
