package io.pageferry.source;

import io.grpc.ServerServiceDefinition;
import io.pageferry.config.HostPort;
import io.pageferry.daemon.admin.Departures;
import io.pageferry.daemon.guest.GuestEntry;
import io.pageferry.daemon.guest.GuestRegistry;
import io.pageferry.daemon.guest.HostedGuest;
import io.pageferry.fault.mechanism.MechanismChoice;
import io.pageferry.host.Ending;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.source.handover.MigrationPlan;
import io.pageferry.source.handover.SourceMigration;
import io.pageferry.source.serve.DrainBandwidth;
import io.pageferry.source.serve.DrainTimer;
import java.util.UUID;
import java.util.function.Supplier;
import org.slf4j.event.Level;

/**
 * What the source does in a daemon: guests are made here and sent away, and their pages served. Any
 * thread; closed once no lane is served any more.
 */
public final class SourceRole implements Departures, AutoCloseable {
  private static final long MAX_ANSWER_DELAY_NANOS = 1_000_000_000;
  private static final long MAX_DRAIN_AFTER_MILLIS = 3_600_000;

  private final SourceConfig config;
  private final Supplier<HostPort> advertised;
  private final GuestRegistry registry;
  private final Runnable beforeMigration;
  private final Level phaseLevel;
  private final LaneRegistry lanes;
  private final DrainTimer timer = new DrainTimer();

  /**
   * The source's role for the guests of a registry.
   *
   * @param advertised address of the page service as destinations reach it, once it listens
   * @param beforeMigration called when a migration is asked for
   * @param phaseLevel how phases of migrations are logged
   */
  public SourceRole(
      SourceConfig config,
      Supplier<HostPort> advertised,
      GuestRegistry registry,
      Runnable beforeMigration,
      Level phaseLevel) {
    this.config = config;
    this.advertised = advertised;
    this.registry = registry;
    this.beforeMigration = beforeMigration;
    this.phaseLevel = phaseLevel;
    this.lanes = new LaneRegistry(registry);
  }

  /** The page service, for the server. */
  public ServerServiceDefinition pageService() {
    return lanes.service(new DrainBandwidth(config.maxDrainBandwidth().bytes()), timer);
  }

  @Override
  public GuestEntry load(LoadGuestRequest request) {
    GuestLoader loader = new GuestLoader(request);
    try (GuestRegistry.Reservation room =
        registry.reserve(request.getName(), loader.programName(), request.getMemoryBytes())) {
      HostedGuest loaded = loader.load(room.name());
      try {
        return room.keep(loaded);
      } catch (RuntimeException | Error e) {
        Ending.after(e, loaded::close);
        throw e;
      }
    }
  }

  @Override
  public SourceMigration migrate(GuestEntry guest, MigrateRequest request) {
    beforeMigration.run();
    long cap = request.getMaxBytesInFlight();
    if (cap != 0) {
      SourceConfig.checkBytesInFlight(cap);
    }
    long drainAfterMillis = drainAfterMillis(request);
    long answerDelayNanos = answerDelayNanos(request);
    String mechanism = request.getFaultMechanism();
    if (!mechanism.isEmpty()) {
      mechanism = MechanismChoice.parse(mechanism).toString();
    }
    String faultMechanism = mechanism;
    String destination = HostPort.parse(request.getDestination()).toConnectTo().toString();
    SourceMigration started =
        registry.depart(() ->
            guest.depart(here ->
                new SourceMigration(
                    here,
                    new MigrationPlan(
                        new MigrationKey(UUID.randomUUID(), here.id(), here.fence().epoch() + 1),
                        destination,
                        advertised.get().toString(),
                        cap == 0 ? config.maxBytesInFlight().bytes() : cap,
                        drainAfterMillis,
                        faultMechanism,
                        answerDelayNanos),
                    phaseLevel)));
    started.start();
    return started;
  }

  private static long drainAfterMillis(MigrateRequest request) {
    long millis = request.getDrainAfterMillis();
    if (millis < 0 || millis > MAX_DRAIN_AFTER_MILLIS) {
      throw new IllegalArgumentException(
          "The drain may start up to an hour after switchover, not "
              + Long.toUnsignedString(millis)
              + " ms.");
    }
    return millis;
  }

  private static long answerDelayNanos(MigrateRequest request) {
    long nanos = request.getAnswerDelayNanos();
    if (nanos < 0 || nanos > MAX_ANSWER_DELAY_NANOS) {
      throw new IllegalArgumentException(
          "Answers can be held back for a second at most, not for "
              + Long.toUnsignedString(nanos)
              + " ns.");
    }
    return nanos;
  }

  @Override
  public void cancel(GuestEntry guest) {
    if (!(guest.departure().orElse(null) instanceof SourceMigration running)) {
      throw new PageFerryException(
          ErrorCode.NO_MIGRATION, "Guest " + guest.name() + " is not being moved from here.");
    }
    running.cancel();
  }

  /** Ends what wakes the drains. */
  @Override
  public void close() {
    timer.close();
  }
}
