package io.pageferry.node;

import io.pageferry.config.HostPort;
import io.pageferry.daemon.guest.GuestLimits;
import io.pageferry.daemon.process.Rehearsal;
import io.pageferry.dest.DestConfig;
import io.pageferry.proto.v1.Role;
import io.pageferry.source.SourceConfig;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a daemon.
 *
 * @param role what it does
 * @param listen where its services listen
 * @param metricsListen where metrics and health are served
 * @param advertise address of the page service as destinations reach it; null is {@code listen}
 * @param limits how much it takes on
 * @param rehearsal how long it rehearses after its start; zero is not at all
 * @param source settings of the source's role
 * @param destination settings of the destination's role
 */
public record NodeConfig(
    Role role,
    HostPort listen,
    HostPort metricsListen,
    @Nullable HostPort advertise,
    GuestLimits limits,
    Duration rehearsal,
    SourceConfig source,
    DestConfig destination) {
  private static final HostPort ANY_PORT = new HostPort("127.0.0.1", 0);

  /** Checks ranges. */
  public NodeConfig {
    if (role != Role.ROLE_DESTINATION) {
      checkReachable(listen, advertise);
    }
    Rehearsal.checkLength(rehearsal);
  }

  /** A daemon on free ports of the loopback interface, without a rehearsal. */
  public static NodeConfig onLoopback(Role role) {
    return at(ANY_PORT, ANY_PORT, role);
  }

  /** A daemon without a rehearsal, and else with what holds unless it is set. */
  public static NodeConfig at(HostPort listen, HostPort metricsListen, Role role) {
    return new NodeConfig(
        role,
        listen,
        metricsListen,
        null,
        GuestLimits.DEFAULT,
        Duration.ZERO,
        SourceConfig.DEFAULT,
        DestConfig.DEFAULT);
  }

  /** The same with other settings of the source's role. */
  public NodeConfig with(SourceConfig other) {
    return new NodeConfig(
        role, listen, metricsListen, advertise, limits, rehearsal, other, destination);
  }

  /** The same with other settings of the destination's role. */
  public NodeConfig with(DestConfig other) {
    return new NodeConfig(role, listen, metricsListen, advertise, limits, rehearsal, source, other);
  }

  /** The same with other limits. */
  public NodeConfig with(GuestLimits other) {
    return new NodeConfig(
        role, listen, metricsListen, advertise, other, rehearsal, source, destination);
  }

  /** The same with a rehearsal of another length. */
  public NodeConfig with(Duration other) {
    return new NodeConfig(
        role, listen, metricsListen, advertise, limits, other, source, destination);
  }

  private static void checkReachable(HostPort listen, @Nullable HostPort advertise) {
    if (advertise != null) {
      var _ = advertise.toConnectTo();
    } else if (listen.isWildcard()) {
      throw new IllegalArgumentException(
          "The daemon listens on every address of its host ("
              + listen
              + "), and destinations must be told one of them: add --advertise HOST:PORT.");
    }
  }

  /** What the daemon is called in sentences. */
  String name() {
    return switch (role) {
      case ROLE_SOURCE -> "source";
      case ROLE_DESTINATION -> "destination";
      case ROLE_NODE -> "node";
      case ROLE_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalArgumentException("A daemon has a role.");
    };
  }
}
