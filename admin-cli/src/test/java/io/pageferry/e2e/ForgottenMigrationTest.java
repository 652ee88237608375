package io.pageferry.e2e;

import static io.pageferry.cli.FerryRun.ferry;

import io.grpc.stub.StreamObserver;
import io.pageferry.config.HostPort;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.AdminServiceGrpc;
import io.pageferry.proto.v1.GetVersionRequest;
import io.pageferry.proto.v1.GetVersionResponse;
import io.pageferry.proto.v1.ListGuestsRequest;
import io.pageferry.proto.v1.ListGuestsResponse;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.proto.v1.MigrateResponse;
import io.pageferry.proto.v1.MigrationRef;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.Status;
import io.pageferry.rpc.RpcServer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who follows a migration that its source does not know any more is told so, and goes home. */
@Timeout(90)
class ForgottenMigrationTest {
  private static final String ID = "2b0cf49e-0a08-4f35-bd41-6e5b0a7a4a01";
  private static final String OTHER_ID = "2b0cf49e-0a08-4f35-bd41-6e5b0a7a4a02";

  private final ForgetfulSource source = new ForgetfulSource();
  private final RpcServer server =
      new RpcServer(new HostPort("127.0.0.1", 0).toSocketAddress(), List.of(source), List.of());

  /** A source whose migration is in SETUP for two looks; then it says something else. */
  private static final class ForgetfulSource extends AdminServiceGrpc.AdminServiceImplBase {
    final AtomicInteger looks = new AtomicInteger();
    volatile Status later = Status.getDefaultInstance();

    @Override
    public void getVersion(GetVersionRequest request, StreamObserver<GetVersionResponse> observer) {
      observer.onNext(GetVersionResponse.newBuilder().setRole(Role.ROLE_SOURCE).build());
      observer.onCompleted();
    }

    @Override
    public void migrate(MigrateRequest request, StreamObserver<MigrateResponse> observer) {
      observer.onNext(MigrateResponse.newBuilder().setMigrationId(ID).build());
      observer.onCompleted();
    }

    @Override
    public void listGuests(ListGuestsRequest request, StreamObserver<ListGuestsResponse> observer) {
      Status status = looks.incrementAndGet() <= 2 ? inSetup(ID, 60_000_000_000L) : later;
      ListGuestsResponse.Builder guests =
          ListGuestsResponse.newBuilder()
              .setRole(Role.ROLE_SOURCE)
              .setUptimeNanos(status.getUptimeNanos());
      if (status.hasMigration()) {
        guests.addGuests(status);
      }
      observer.onNext(guests.build());
      observer.onCompleted();
    }
  }

  private static Status inSetup(String id, long uptimeNanos) {
    return Status.newBuilder()
        .setRole(Role.ROLE_SOURCE)
        .setPhase(Phase.PHASE_SETUP)
        .setUptimeNanos(uptimeNanos)
        .setMigration(
            MigrationStatus.newBuilder()
                .setPhase(Phase.PHASE_SETUP)
                .setMigration(MigrationRef.newBuilder().setMigrationId(id)))
        .build();
  }

  ForgottenMigrationTest() {
    server.start();
  }

  @AfterEach
  void close() {
    server.close();
  }

  private String at(String option) {
    // Nobody listens on port 1.
    return option + (option.equals("--source=") ? "127.0.0.1:" + server.port() : "127.0.0.1:1");
  }

  @Test
  void aSourceThatWasRestartedEndsTheCommandWhichSaysThatTheGuestIsGone() {
    source.later = Status.newBuilder().setRole(Role.ROLE_SOURCE).setUptimeNanos(1).build();
    ferry("migrate", at("--source="), at("--dest="))
        .refused(ExitCode.GUEST_LOST, "restarted", "is gone");
  }

  @Test
  void aSourceThatHasAnotherMigrationInsteadEndsTheCommand() {
    source.later = inSetup(OTHER_ID, 120_000_000_000L);
    ferry("migrate", at("--source="), at("--dest="))
        .refused(ExitCode.MIGRATION_FAILED, "another migration or none", ID);
  }
}
