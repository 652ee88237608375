package io.pageferry.daemon.admin;

import static io.pageferry.rpc.UnaryCalls.answer;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.pageferry.daemon.guest.HostedGuest;
import io.pageferry.guest.Console;
import io.pageferry.guest.Machine;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.ProtocolVersions;
import io.pageferry.proto.v1.AdminServiceGrpc;
import io.pageferry.proto.v1.CancelMigrationRequest;
import io.pageferry.proto.v1.CancelMigrationResponse;
import io.pageferry.proto.v1.DigestGuestRequest;
import io.pageferry.proto.v1.DigestGuestResponse;
import io.pageferry.proto.v1.GetStatusRequest;
import io.pageferry.proto.v1.GetVersionRequest;
import io.pageferry.proto.v1.GetVersionResponse;
import io.pageferry.proto.v1.ListGuestsRequest;
import io.pageferry.proto.v1.ListGuestsResponse;
import io.pageferry.proto.v1.ListSlowestFaultsRequest;
import io.pageferry.proto.v1.ListSlowestFaultsResponse;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.LoadGuestResponse;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.proto.v1.MigrateResponse;
import io.pageferry.proto.v1.PauseGuestRequest;
import io.pageferry.proto.v1.PauseGuestResponse;
import io.pageferry.proto.v1.PoisonPageRequest;
import io.pageferry.proto.v1.PoisonPageResponse;
import io.pageferry.proto.v1.ReadConsoleRequest;
import io.pageferry.proto.v1.ReadConsoleResponse;
import io.pageferry.proto.v1.ReadMemoryRequest;
import io.pageferry.proto.v1.ReadMemoryResponse;
import io.pageferry.proto.v1.ResumeGuestRequest;
import io.pageferry.proto.v1.ResumeGuestResponse;
import io.pageferry.proto.v1.Status;
import io.pageferry.proto.v1.UnloadGuestRequest;
import io.pageferry.proto.v1.UnloadGuestResponse;
import io.pageferry.proto.v1.UnpoisonPagesRequest;
import io.pageferry.proto.v1.UnpoisonPagesResponse;
import io.pageferry.proto.v1.VersionRange;
import io.pageferry.proto.v1.WatchStatusRequest;
import io.pageferry.proto.v1.WriteConsoleRequest;
import io.pageferry.proto.v1.WriteConsoleResponse;
import io.pageferry.rpc.UnaryCalls;

/** Translates {@code pageferry.v1.AdminService} to a {@link DaemonControl}; no logic of its own. */
public final class AdminService extends AdminServiceGrpc.AdminServiceImplBase {
  private static final long DEFAULT_INTERVAL_MILLIS = 500;
  private static final int FOLLOW_MILLIS = 200;
  private static final int DEFAULT_SLOWEST_FAULTS = 20;

  private final DaemonControl daemon;

  /** The admin service of one daemon. */
  public AdminService(DaemonControl daemon) {
    this.daemon = daemon;
  }

  @Override
  public void getVersion(GetVersionRequest request, StreamObserver<GetVersionResponse> observer) {
    answer(
        observer,
        () ->
            GetVersionResponse.newBuilder()
                .setRole(daemon.role())
                .setSoftwareVersion(ProtocolVersions.SOFTWARE_VERSION)
                .setProtocolVersions(
                    VersionRange.newBuilder()
                        .setMinimum(ProtocolVersions.SPOKEN.minimum())
                        .setMaximum(ProtocolVersions.SPOKEN.maximum()))
                .build());
  }

  @Override
  public void loadGuest(LoadGuestRequest request, StreamObserver<LoadGuestResponse> observer) {
    answer(observer, () -> daemon.load(request));
  }

  @Override
  public void resumeGuest(
      ResumeGuestRequest request, StreamObserver<ResumeGuestResponse> observer) {
    answer(
        observer,
        () -> {
          daemon.heldGuest(request.getGuest()).resume();
          return ResumeGuestResponse.getDefaultInstance();
        });
  }

  @Override
  public void pauseGuest(PauseGuestRequest request, StreamObserver<PauseGuestResponse> observer) {
    answer(
        observer,
        () ->
            PauseGuestResponse.newBuilder()
                .setPauseNanos(daemon.heldGuest(request.getGuest()).pause())
                .build());
  }

  @Override
  public void poisonPage(PoisonPageRequest request, StreamObserver<PoisonPageResponse> observer) {
    answer(
        observer,
        () -> {
          HostedGuest guest = daemon.heldGuest(request.getGuest());
          guest.poison(request.getGuestPhysicalAddress());
          return PoisonPageResponse.newBuilder()
              .setPoisonedPages(guest.memory().poisonedPages())
              .build();
        });
  }

  @Override
  public void unpoisonPages(
      UnpoisonPagesRequest request, StreamObserver<UnpoisonPagesResponse> observer) {
    answer(
        observer,
        () -> {
          HostedGuest guest = daemon.heldGuest(request.getGuest());
          return UnpoisonPagesResponse.newBuilder()
              .setUnpoisonedPages(guest.unpoison(request.getGuestPhysicalAddressList()))
              .setPoisonedPages(guest.memory().poisonedPages())
              .build();
        });
  }

  @Override
  public void unloadGuest(
      UnloadGuestRequest request, StreamObserver<UnloadGuestResponse> observer) {
    answer(
        observer,
        () -> {
          String loss = daemon.unload(request.getGuest(), request.getForce()).orElse("");
          return UnloadGuestResponse.newBuilder().setLoss(loss).build();
        });
  }

  @Override
  public void writeConsole(
      WriteConsoleRequest request, StreamObserver<WriteConsoleResponse> observer) {
    answer(
        observer,
        () -> {
          daemon.heldGuest(request.getGuest()).type(request.getData().toByteArray());
          return WriteConsoleResponse.getDefaultInstance();
        });
  }

  @Override
  public void readConsole(
      ReadConsoleRequest request, StreamObserver<ReadConsoleResponse> observer) {
    try {
      ClientStream<ReadConsoleResponse> stream = new ClientStream<>(observer);
      HostedGuest guest = daemon.guest(request.getGuest());
      Machine machine = guest.machine();
      Console console = machine.console();
      long offset = request.getOffset();
      boolean more = true;
      // A reader that stops misses what the console does not keep; the daemon keeps nothing for it.
      while (more && stream.awaitReady()) {
        // Asked before reading: what a guest wrote before it ended itself is read then.
        more = request.getFollow() && mayWrite(guest);
        long from = console.clamp(offset);
        byte[] data = console.read(from);
        if (data.length > 0) {
          stream.send(
              ReadConsoleResponse.newBuilder()
                  .setOffset(from)
                  .setData(ByteString.copyFrom(data))
                  .build());
        }
        offset = from + data.length;
        if (more) {
          console.await(offset, FOLLOW_MILLIS);
        }
      }
      if (request.getFollow() && isHere(guest) && machine.state() != Machine.State.STOPPED) {
        // It has moved: this says where.
        var _ = daemon.heldGuest(guest.id().toString());
      }
      stream.complete();
    } catch (RuntimeException | Error e) {
      UnaryCalls.refuse(observer, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether a guest is still this daemon's and has not ended. */
  private boolean mayWrite(HostedGuest guest) {
    return isHere(guest)
        && guest.fence().isHeld()
        && guest.machine().state() != Machine.State.STOPPED;
  }

  private boolean isHere(HostedGuest guest) {
    try {
      return daemon.guest(guest.id().toString()).equals(guest);
    } catch (PageFerryException _) {
      return false;
    }
  }

  @Override
  public void readMemory(ReadMemoryRequest request, StreamObserver<ReadMemoryResponse> observer) {
    answer(
        observer,
        () ->
            ReadMemoryResponse.newBuilder()
                .setData(
                    ByteString.copyFrom(
                        daemon
                            .guest(request.getGuest())
                            .read(request.getGuestPhysicalAddress(), request.getLengthBytes())))
                .build());
  }

  @Override
  public void digestGuest(
      DigestGuestRequest request, StreamObserver<DigestGuestResponse> observer) {
    answer(
        observer,
        () -> {
          HostedGuest guest = daemon.guest(request.getGuest());
          return DigestGuestResponse.newBuilder()
              .setMemorySha256(guest.memorySha256())
              .setStateSha256(guest.stateSha256())
              .build();
        });
  }

  @Override
  public void migrate(MigrateRequest request, StreamObserver<MigrateResponse> observer) {
    answer(observer, () -> daemon.migrate(request));
  }

  @Override
  public void cancelMigration(
      CancelMigrationRequest request, StreamObserver<CancelMigrationResponse> observer) {
    answer(
        observer,
        () -> {
          daemon.cancel(request.getGuest());
          return CancelMigrationResponse.getDefaultInstance();
        });
  }

  @Override
  public void getStatus(GetStatusRequest request, StreamObserver<Status> observer) {
    answer(observer, () -> daemon.status(request.getGuest()));
  }

  @Override
  public void listGuests(ListGuestsRequest request, StreamObserver<ListGuestsResponse> observer) {
    answer(observer, daemon::guests);
  }

  @Override
  public void watchStatus(WatchStatusRequest request, StreamObserver<Status> observer) {
    try {
      ClientStream<Status> stream = new ClientStream<>(observer);
      long asked = Integer.toUnsignedLong(request.getIntervalMillis());
      long millis = asked == 0 ? DEFAULT_INTERVAL_MILLIS : asked;
      do {
        if (stream.isReady()) {
          stream.send(daemon.status(request.getGuest()));
        }
      } while (stream.stays(millis));
    } catch (RuntimeException | Error e) {
      UnaryCalls.refuse(observer, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void listSlowestFaults(
      ListSlowestFaultsRequest request, StreamObserver<ListSlowestFaultsResponse> observer) {
    answer(
        observer,
        () -> {
          long limit = Integer.toUnsignedLong(request.getLimit());
          if (limit > DaemonControl.MOST_SLOWEST_FAULTS) {
            throw new IllegalArgumentException(
                "%d faults were asked for; at most %d are kept."
                    .formatted(limit, DaemonControl.MOST_SLOWEST_FAULTS));
          }
          return daemon.slowestFaults(
              request.getGuest(), limit == 0 ? DEFAULT_SLOWEST_FAULTS : (int) limit);
        });
  }
}
