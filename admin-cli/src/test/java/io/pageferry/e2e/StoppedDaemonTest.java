package io.pageferry.e2e;

import static io.pageferry.cli.FerryRun.ferry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pageferry.cli.FerryRun;
import io.pageferry.client.AdminClient;
import io.pageferry.config.HostPort;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.ErrorCode;
import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.Role;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGTERM: a daemon finishes what it can, refuses new work meanwhile, and names what it loses. */
class StoppedDaemonTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int SIGTERM = 143;
  private static final int GUEST_LOST = ExitCode.GUEST_LOST.number();

  @TempDir private Path directory = Path.of("");
  private JavaProgram source;
  private JavaProgram destination;
  private String from = "";
  private String to = "";

  @BeforeEach
  void startDaemons() throws Exception {
    source = JavaProgram.source(directory);
    destination = JavaProgram.destination(directory, "--shutdown-grace=1s");
    from = source.awaitAddress();
    to = destination.awaitAddress();
  }

  @AfterEach
  void kill() {
    source.close();
    destination.close();
  }

  private void startGuest() {
    String[] load = {"guest", "load", "--program=kv", "--memory=32MiB", "--source=" + from};
    var _ = ferry(load).succeeded();
    var _ = ferry("guest", "start", "--source=" + from).succeeded();
  }

  /**
   * The destination holds the guest, paused, so that it fetches nothing; its pages are at the
   * source for the next hour.
   */
  private CompletableFuture<FerryRun> startPostcopy() {
    startGuest();
    try (AdminClient client = new AdminClient(Role.ROLE_SOURCE, HostPort.parse(from), PATIENCE)) {
      await().atMost(PATIENCE).until(() -> client.status().getGuest().getResidentBytes() > 4 << 20);
    }
    var _ = ferry("guest", "pause", "--source=" + from).succeeded();
    var migrate =
        CompletableFuture.supplyAsync(
            () -> ferry("migrate", "--drain-after=1h", "--source=" + from, "--dest=" + to),
            // Not in the common pool: it may have one thread, which the end of a process needs.
            task -> Thread.ofVirtual().start(task));
    try (AdminClient client = destinationClient()) {
      await()
          .atMost(PATIENCE)
          .until(() -> client.status().getPhase() == Phase.PHASE_POSTCOPY_ACTIVE);
    }
    try (AdminClient client = new AdminClient(Role.ROLE_SOURCE, HostPort.parse(from), PATIENCE)) {
      await()
          .atMost(PATIENCE)
          .until(() -> client.status().getPhase() == Phase.PHASE_POSTCOPY_ACTIVE);
    }
    return migrate;
  }

  private void startPatientDestination() throws Exception {
    destination.close();
    destination = JavaProgram.destination(directory, "--shutdown-grace=10m");
    to = destination.awaitAddress();
  }

  private AdminClient destinationClient() {
    return new AdminClient(Role.ROLE_DESTINATION, HostPort.parse(to), PATIENCE);
  }

  @Test
  void daemonsWithoutAGuestEndAtOnceAndLoseNothing() throws Exception {
    source.terminate();
    destination.terminate();
    assertThat(source.awaitExit()).isEqualTo(SIGTERM);
    assertThat(destination.awaitExit()).isEqualTo(SIGTERM);
    assertThat(source.output()).contains("state=stopping").doesNotContain("level=ERROR");
  }

  @Test
  void aSourceThatHoldsTheGuestSaysThatItEndsWithIt() throws Exception {
    startGuest();
    source.terminate();
    assertThat(source.awaitExit()).isEqualTo(GUEST_LOST);
    assertThat(source.output()).containsOnlyOnce("level=ERROR").contains("Guest kv ends with");
  }

  @Test
  void aSourceInPostcopyDrainsWhatTheGuestNeedsBeforeItEnds() throws Exception {
    var _ = startPostcopy();
    source.terminate();
    assertThat(source.awaitExit()).as(source.output()).isEqualTo(SIGTERM);
    try (AdminClient client = destinationClient()) {
      await().atMost(PATIENCE).until(() -> client.status().getPhase() == Phase.PHASE_COMPLETED);
      assertThat(client.status().getGuest().getState()).isEqualTo(GuestState.GUEST_STATE_PAUSED);
    }
  }

  @Test
  void aSourceThatIsToldToEndBeforeSwitchoverCallsTheMigrationOff() throws Exception {
    startGuest();
    try (FakeDestination slow = FakeDestination.slow()) {
      var _ =
          ferry("migrate", "--detach", "--source=" + from, "--dest=" + slow.address()).succeeded();
      slow.awaitAsked();
      source.terminate();
      assertThat(source.awaitExit()).as(source.output()).isEqualTo(GUEST_LOST);
      slow.awaitAborted();
    }
    assertThat(source.output()).containsOnlyOnce("level=ERROR").contains("Guest kv ends with");
  }

  @Test
  void aDestinationWhoseLastPageComesWithinItsGraceLosesNoneOfThem() throws Exception {
    startPatientDestination();
    var migrate = startPostcopy();
    destination.terminate();
    await().atMost(PATIENCE).until(() -> destination.output().contains("state=stopping"));
    // Makes the drain start, and ends when it is over.
    source.terminate();
    assertThat(source.awaitExit()).as(source.output()).isEqualTo(SIGTERM);
    assertThat(destination.awaitExit()).as(destination.output()).isEqualTo(GUEST_LOST);
    assertThat(destination.output())
        .contains("phase=COMPLETED", "Guest kv ends with")
        .doesNotContain("never arrived");
    // The command may have lost the source before it could ask it how it went: any end will do.
    var _ = migrate.get(60, TimeUnit.SECONDS);
  }

  @Test
  void aDestinationInPostcopyNamesThePagesThatNeverArrivedAtTheEndOfItsGrace() throws Exception {
    var migrate = startPostcopy();
    destination.terminate();
    assertThat(destination.awaitExit()).as(destination.output()).isEqualTo(GUEST_LOST);
    assertThat(destination.output())
        .containsOnlyOnce("level=ERROR")
        .containsPattern("\\d+ of 8192 pages never arrived; the source .* has them");
    migrate.get(60, TimeUnit.SECONDS).refused(ExitCode.PAUSED, "keeps every page");
  }

  @Test
  void duringItsGraceADaemonRefusesWorkAndASecondSignalEndsIt() throws Exception {
    startPatientDestination();
    var _ = startPostcopy();
    assertThat(readiness().body()).isEqualTo("ready\n");
    destination.terminate();
    await().atMost(PATIENCE).until(() -> destination.output().contains("state=stopping"));
    await().atMost(PATIENCE).until(() -> readiness().statusCode() == 503);
    assertThat(readiness().body()).isEqualTo("stopping\n");
    assertAnotherGuestIsRefused();
    assertThat(destination.isAlive()).isTrue();

    destination.terminate();
    assertThat(destination.awaitExit()).isEqualTo(GUEST_LOST);
    assertThat(destination.output()).contains("a second time", "never arrived");
  }

  private void assertAnotherGuestIsRefused() throws Exception {
    try (JavaProgram other = JavaProgram.source(directory)) {
      String address = other.awaitAddress();
      var _ =
          ferry("guest", "load", "--program=kv", "--memory=16MiB", "--source=" + address)
              .succeeded();
      var _ = ferry("migrate", "--detach", "--source=" + address, "--dest=" + to).succeeded();
      try (AdminClient client =
          new AdminClient(Role.ROLE_SOURCE, HostPort.parse(address), PATIENCE)) {
        await().atMost(PATIENCE).until(() -> client.status().getPhase() == Phase.PHASE_FAILED);
        assertThat(client.status().getMigration().getReasonCode())
            .isEqualTo(ErrorCode.ERROR_CODE_SHUTTING_DOWN);
      }
    }
  }

  @Test
  void aDestinationThatEndsTakesNoGuestAndTheOneAtTheSourceGoesOn() throws Exception {
    destination.terminate();
    startGuest();
    var migrate = ferry("migrate", "--source=" + from, "--dest=" + to);
    assertThat(migrate.exitCode()).isNotZero();
    try (AdminClient client = new AdminClient(Role.ROLE_SOURCE, HostPort.parse(from), PATIENCE)) {
      assertThat(client.status().getGuest().getState()).isEqualTo(GuestState.GUEST_STATE_RUNNING);
    }
  }

  private HttpResponse<String> readiness() throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      URI uri = URI.create("http://" + destination.awaitMetricsAddress() + "/readyz");
      return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    }
  }
}
