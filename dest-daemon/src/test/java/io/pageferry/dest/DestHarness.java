package io.pageferry.dest;

import io.pageferry.config.HostPort;
import io.pageferry.daemon.admin.AdminService;
import io.pageferry.daemon.admin.GuestControl;
import io.pageferry.daemon.guest.GuestLimits;
import io.pageferry.daemon.guest.GuestRegistry;
import io.pageferry.daemon.process.Readiness;
import io.pageferry.fault.mechanism.MechanismChoice;
import io.pageferry.host.HostMemory;
import io.pageferry.proto.v1.Role;
import io.pageferry.rpc.RpcServer;
import java.util.List;
import org.slf4j.event.Level;

/** A destination daemon that listens. */
final class DestHarness implements AutoCloseable {
  private static final HostPort ANY = new HostPort("127.0.0.1", 0);
  static final int MAX_VCPUS = 4;

  /** All tests can be run under another mechanism. */
  private static final MechanismChoice MECHANISM =
      MechanismChoice.parse(System.getProperty("pageferry.mechanism", "userfault-bitmap"));

  private final GuestControl control;
  private final RpcServer server;

  DestHarness() {
    this(GuestLimits.DEFAULT);
  }

  DestHarness(GuestLimits limits) {
    Readiness readiness = new Readiness();
    GuestRegistry guests =
        new GuestRegistry("destination", limits, HostMemory.ofThisHost(), readiness);
    DestConfig config = new DestConfig(MAX_VCPUS, MECHANISM, DestConfig.DEFAULT.prefetch());
    DestRole role = new DestRole(config, guests, () -> {}, Level.INFO);
    control = new GuestControl(Role.ROLE_DESTINATION, guests, null, readiness, () -> false);
    server =
        new RpcServer(
            ANY.toSocketAddress(),
            List.of(new AdminService(control), role.migrationService()),
            List.of());
    server.start();
  }

  HostPort address() {
    return ANY.withPort(server.port());
  }

  @Override
  public void close() {
    server.close();
    control.close();
  }
}
