package io.pageferry.containers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pageferry.config.DataSize;
import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.GuestStatus;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.PageCounts;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.ResumeGuestRequest;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.VcpuStatus;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.function.UnaryOperator;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;

/**
 * Two daemons in containers, a network for administration and one for pages. One thread. Everything
 * is removed by close.
 */
final class Stage implements AutoCloseable {
  private static final long WORK = 3_000_000;

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final Network administration;
  private final Daemon source;
  private final Daemon destination;

  /** Starts both with the images' defaults. */
  Stage() {
    this(UnaryOperator.identity(), UnaryOperator.identity());
  }

  /** Starts both, with further settings of the containers. */
  Stage(
      UnaryOperator<GenericContainer<?>> sourceSettings,
      UnaryOperator<GenericContainer<?>> destinationSettings) {
    try {
      administration = add(Network.newNetwork());
      Network pages =
          add(
              Network.builder()
                  .createNetworkCmdModifier(command -> command.withInternal(true))
                  .build());
      source = add(new Daemon(Role.ROLE_SOURCE, administration, pages, sourceSettings));
      destination =
          add(new Daemon(Role.ROLE_DESTINATION, administration, pages, destinationSettings));
    } catch (Throwable e) {
      close();
      throw e;
    }
  }

  private <T extends AutoCloseable> T add(T part) {
    parts.push(part);
    return part;
  }

  Daemon source() {
    return source;
  }

  Daemon destination() {
    return destination;
  }

  /** The network in which the daemons are administered and scraped. */
  Network administration() {
    return administration;
  }

  /** Runs a command line. */
  CommandRun ferry(String... arguments) throws InterruptedException {
    return CommandRun.of(administration, arguments);
  }

  /** Loads a guest and runs it until it has done some work. */
  void runGuest(String program, String memory) {
    LoadGuestRequest load =
        LoadGuestRequest.newBuilder()
            .setBundledProgram(program)
            .setVcpuCount(1)
            .setMemoryBytes(DataSize.parse(memory).bytes())
            .build();
    var _ = source.client().call(stub -> stub.loadGuest(load));
    var _ = source.client().call(stub -> stub.resumeGuest(ResumeGuestRequest.getDefaultInstance()));
    awaitWork();
  }

  /** The same, with a command line in a container of its own for each step. */
  void runGuestByCommand(String program, String memory) throws InterruptedException {
    var _ = ferry("guest", "load", "--program", program, "--memory", memory).succeeded();
    var _ = ferry("guest", "start").succeeded();
    awaitWork();
  }

  private void awaitWork() {
    await()
        .atMost(Daemon.PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> instructions(source.status().getGuest()) > WORK);
  }

  private static long instructions(GuestStatus guest) {
    return guest.getVcpusList().stream().mapToLong(VcpuStatus::getInstructions).sum();
  }

  /** Asks for a migration over the network for pages. */
  CommandRun migrate(String... options) throws InterruptedException {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("migrate", "--to", destination.pagesHost() + ":7402"));
    Collections.addAll(arguments, options);
    return ferry(arguments.toArray(String[]::new));
  }

  /** Starts a migration over the network for pages, and does not wait for its end. */
  void beginMigration(Duration drainAfter) {
    MigrateRequest request =
        MigrateRequest.newBuilder()
            .setDestination(destination.pagesHost() + ":7402")
            .setDrainAfterMillis(drainAfter.toMillis())
            .build();
    var _ = source.client().call(stub -> stub.migrate(request));
  }

  /** Starts a migration whose drain waits, so that pages stay at the source. */
  void holdInPostcopy() {
    beginMigration(Duration.ofMinutes(10));
    var _ = source.awaitPhase(Phase.PHASE_POSTCOPY_ACTIVE);
    var _ = destination.awaitPhase(Phase.PHASE_POSTCOPY_ACTIVE);
  }

  /** Moves the guest, and checks that it has arrived byte for byte. */
  MigrationStatus migrateWhole(String... options) throws InterruptedException {
    assertThat(migrate(options).succeeded()).contains("has moved to", "digests equal");
    return assertWhole();
  }

  /** Checks that a completed migration has brought every page, and each as it was. */
  MigrationStatus assertWhole() {
    MigrationStatus left = source.awaitPhase(Phase.PHASE_COMPLETED).getMigration();
    MigrationStatus arrived = destination.awaitPhase(Phase.PHASE_COMPLETED).getMigration();
    assertThat(arrived.getImageDigest()).isNotEmpty().isEqualTo(left.getImageDigest());
    PageCounts pages = arrived.getPages();
    assertThat(pages.getDemand() + pages.getDrain() + pages.getZero())
        .isEqualTo(pages.getTotal())
        .isEqualTo(pages.getPresent());
    return arrived;
  }

  /** Asks the guest at the destination to check itself; it ends with the result. */
  void assertGuestFindsItselfWhole(String program) throws InterruptedException {
    var _ = ferry("guest", "console", "--at", "dest", "--write", "q").succeeded();
    GuestStatus end =
        await()
            .atMost(Daemon.PATIENCE)
            .until(
                () -> destination.status().getGuest(),
                guest -> guest.getState() == GuestState.GUEST_STATE_SHUTDOWN);
    assertThat(ferry("guest", "console", "--at", "dest").succeeded()).contains("PASS " + program);
    assertThat(end.getExitCode()).isZero();
  }

  @Override
  public void close() {
    // Last come, first gone: networks go when nobody is in them.
    parts.forEach(Stage::closeQuietly);
    parts.clear();
  }

  private static void closeQuietly(AutoCloseable part) {
    try {
      part.close();
    } catch (Exception e) {
      throw new IllegalStateException("A part of the stage cannot be removed.", e);
    }
  }
}
