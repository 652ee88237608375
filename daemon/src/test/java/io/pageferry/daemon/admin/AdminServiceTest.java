package io.pageferry.daemon.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.pageferry.daemon.guest.HostedGuest;
import io.pageferry.daemon.guest.TestGuests;
import io.pageferry.guest.Console;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.ExecutionFence;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.ProtocolVersions;
import io.pageferry.proto.v1.AdminServiceGrpc;
import io.pageferry.proto.v1.AdminServiceGrpc.AdminServiceBlockingStub;
import io.pageferry.proto.v1.CancelMigrationRequest;
import io.pageferry.proto.v1.DigestGuestRequest;
import io.pageferry.proto.v1.GetStatusRequest;
import io.pageferry.proto.v1.GetVersionRequest;
import io.pageferry.proto.v1.ListGuestsResponse;
import io.pageferry.proto.v1.ListSlowestFaultsRequest;
import io.pageferry.proto.v1.ListSlowestFaultsResponse;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.LoadGuestResponse;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.proto.v1.MigrateResponse;
import io.pageferry.proto.v1.ReadConsoleRequest;
import io.pageferry.proto.v1.ReadConsoleResponse;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.Status;
import io.pageferry.proto.v1.WatchStatusRequest;
import io.pageferry.proto.v1.WriteConsoleRequest;
import io.pageferry.rpc.ErrorStatus;
import io.pageferry.rpc.RpcChannel;
import io.pageferry.rpc.RpcServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The admin contract over a real connection, in front of a daemon that does as it is told. */
class AdminServiceTest {
  private final ToldDaemon daemon = new ToldDaemon();
  private final RpcServer server =
      new RpcServer(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
          List.of(new AdminService(daemon)),
          List.of());
  private final RpcChannel channel;

  AdminServiceTest() {
    server.start();
    channel = new RpcChannel("admin", "127.0.0.1:" + server.port(), false);
  }

  @AfterEach
  void close() {
    channel.close();
    server.close();
    if (daemon.guest != null) {
      daemon.guest.close();
    }
  }

  /** Fails with what it was told, or answers with what it was given. */
  static final class ToldDaemon implements DaemonControl {
    final UUID id = UUID.randomUUID();
    volatile @Nullable RuntimeException failure;
    volatile @Nullable HostedGuest guest;

    private void failIfTold() {
      RuntimeException told = failure;
      if (told != null) {
        throw told;
      }
    }

    @Override
    public Role role() {
      return Role.ROLE_SOURCE;
    }

    @Override
    public HostedGuest guest(String named) {
      failIfTold();
      HostedGuest here = guest;
      if (here == null) {
        throw new PageFerryException(ErrorCode.NO_GUEST, "There is no guest.");
      }
      return here;
    }

    @Override
    public HostedGuest heldGuest(String named) {
      return guest(named);
    }

    @Override
    public LoadGuestResponse load(LoadGuestRequest request) {
      failIfTold();
      return LoadGuestResponse.newBuilder().setGuestId(id.toString()).build();
    }

    @Override
    public Optional<String> unload(String named, boolean force) {
      failIfTold();
      return force ? Optional.of("Told to say so.") : Optional.empty();
    }

    @Override
    public MigrateResponse migrate(MigrateRequest request) {
      failIfTold();
      return MigrateResponse.newBuilder().setMigrationId(id.toString()).build();
    }

    @Override
    public void cancel(String named) {
      failIfTold();
    }

    @Override
    public Status status(String named) {
      failIfTold();
      return Status.newBuilder().setRole(role()).build();
    }

    @Override
    public ListGuestsResponse guests() {
      failIfTold();
      return ListGuestsResponse.newBuilder().addGuests(status("")).build();
    }

    @Override
    public ListSlowestFaultsResponse slowestFaults(String named, int limit) {
      failIfTold();
      return ListSlowestFaultsResponse.newBuilder().setFaultCount(limit).build();
    }
  }

  private AdminServiceBlockingStub admin() {
    return AdminServiceGrpc.newBlockingStub(channel.channel()).withDeadlineAfter(60, SECONDS);
  }

  private static void refused(ErrorCode code, String sentence, Runnable call) {
    assertThatExceptionOfType(StatusRuntimeException.class)
        .isThrownBy(call::run)
        .satisfies(e -> {
          assertThat(e.getStatus().getCode()).isEqualTo(ErrorStatus.statusCode(code));
          assertThat(e.getStatus().getDescription()).contains(sentence);
          assertThat(ErrorStatus.fromPeer(e).orElseThrow().code()).isEqualTo(code);
        });
  }

  @Test
  void saysWhoItIs() {
    var version = admin().getVersion(GetVersionRequest.getDefaultInstance());
    assertThat(version.getRole()).isEqualTo(Role.ROLE_SOURCE);
    assertThat(version.getSoftwareVersion()).isEqualTo(ProtocolVersions.SOFTWARE_VERSION);
    assertThat(version.getProtocolVersions().getMaximum())
        .isEqualTo(ProtocolVersions.SPOKEN.maximum());
  }

  @Test
  void answersWithWhatTheDaemonSays() {
    assertThat(admin().loadGuest(LoadGuestRequest.getDefaultInstance()).getGuestId())
        .isEqualTo(daemon.id.toString());
    assertThat(admin().migrate(MigrateRequest.getDefaultInstance()).getMigrationId())
        .isEqualTo(daemon.id.toString());
    assertThat(admin().getStatus(GetStatusRequest.getDefaultInstance()).getRole())
        .isEqualTo(Role.ROLE_SOURCE);
  }

  @Test
  void withoutAGuestThereIsNothingToAskItFor() {
    refused(
        ErrorCode.NO_GUEST,
        "There is no guest.",
        () -> admin().digestGuest(DigestGuestRequest.getDefaultInstance()));
    refused(
        ErrorCode.NO_GUEST,
        "There is no guest.",
        () -> admin().writeConsole(WriteConsoleRequest.getDefaultInstance()));
    refused(
        ErrorCode.NO_GUEST,
        "There is no guest.",
        () -> admin().readConsole(ReadConsoleRequest.getDefaultInstance()).next());
  }

  @Test
  void everyRefusalHasItsStatusItsCodeAndItsSentence() {
    daemon.failure = new PageFerryException(ErrorCode.TOO_LATE_TO_CANCEL, "It has gone.");
    refused(
        ErrorCode.TOO_LATE_TO_CANCEL,
        "It has gone.",
        () -> admin().cancelMigration(CancelMigrationRequest.getDefaultInstance()));
    daemon.failure = new IllegalArgumentException("That is no address.");
    refused(
        ErrorCode.INVALID_ARGUMENT,
        "That is no address.",
        () -> admin().migrate(MigrateRequest.getDefaultInstance()));
  }

  @Test
  void twentySlowestFaultsAreGivenUnlessAskedOtherwiseAndAHundredAtMost() {
    assertThat(slowestFaults(0)).isEqualTo(20);
    assertThat(slowestFaults(1)).isEqualTo(1);
    assertThat(slowestFaults(100)).isEqualTo(100);
    refused(ErrorCode.INVALID_ARGUMENT, "101 faults", () -> slowestFaults(101));
    refused(ErrorCode.INVALID_ARGUMENT, "4294967295 faults", () -> slowestFaults(-1));
  }

  private long slowestFaults(int limit) {
    ListSlowestFaultsRequest request =
        ListSlowestFaultsRequest.newBuilder().setLimit(limit).build();
    return admin().listSlowestFaults(request).getFaultCount();
  }

  @Test
  void aDefectIsToldAsOneAndTheDaemonGoesOn() {
    daemon.failure = new IllegalStateException("Oops");
    refused(
        ErrorCode.INTERNAL,
        "its log has the details.",
        () -> admin().getStatus(GetStatusRequest.getDefaultInstance()));
    refused(
        ErrorCode.INTERNAL,
        "its log has the details.",
        () -> admin().watchStatus(WatchStatusRequest.getDefaultInstance()).next());
    daemon.failure = null;
    assertThat(admin().getStatus(GetStatusRequest.getDefaultInstance())).isNotNull();
  }

  @Test
  void consoleInputThatDoesNotFitIsRefusedWhole() {
    HostedGuest guest = TestGuests.guest(ExecutionFence.held(1));
    daemon.guest = guest;
    ByteString most = ByteString.copyFrom(new byte[Console.INPUT_CAPACITY]);
    var _ = admin().writeConsole(WriteConsoleRequest.newBuilder().setData(most).build());
    refused(
        ErrorCode.WRONG_GUEST_STATE,
        "no room for 1 more bytes",
        () ->
            admin()
                .writeConsole(
                    WriteConsoleRequest.newBuilder()
                        .setData(ByteString.copyFromUtf8("x"))
                        .build()));
    assertThat(guest.machine().console().pendingInput()).hasSize(Console.INPUT_CAPACITY);
  }

  @Test
  void theConsoleOfAGuestThatIsUnloadedIsFollowedToItsEnd() {
    HostedGuest guest = TestGuests.guest(ExecutionFence.held(1));
    daemon.guest = guest;
    transmit(guest.machine().console(), "last words");
    var answers = admin().readConsole(ReadConsoleRequest.newBuilder().setFollow(true).build());
    assertThat(answers.next().getData().toStringUtf8()).isEqualTo("last words");
    daemon.guest = null;
    assertThat(answers.hasNext()).isFalse();
    guest.close();
  }

  @Test
  void consoleOutputIsReadFromAnOffsetOnAndFollowed() {
    HostedGuest guest = TestGuests.guest(ExecutionFence.held(1));
    daemon.guest = guest;
    Console console = guest.machine().console();
    transmit(console, "hello");
    List<String> read = new ArrayList<>();
    try (Context.CancellableContext call = Context.current().withCancellation()) {
      call.run(() -> {
        var answers =
            admin()
                .readConsole(ReadConsoleRequest.newBuilder().setOffset(1).setFollow(true).build());
        read.add(answers.next().getData().toStringUtf8());
        transmit(console, " world");
        ReadConsoleResponse more = answers.next();
        assertThat(more.getOffset()).isGreaterThanOrEqualTo(5);
        read.add(more.getData().toStringUtf8());
      });
    }
    assertThat(read.getFirst()).isEqualTo("ello");
    assertThat(" world").startsWith(read.get(1));
  }

  private static void transmit(Console console, String text) {
    for (byte value : text.getBytes(UTF_8)) {
      console.transmit(value);
    }
  }

  @Test
  void aLongIntervalIsNotTakenForNone() {
    AtomicInteger rare = new AtomicInteger();
    AtomicInteger frequent = new AtomicInteger();
    Context.CancellableContext calls = Context.current().withCancellation();
    calls.run(() -> {
      watch(0xffff_ffff, rare);
      watch(1, frequent);
    });
    await().atMost(60, SECONDS).until(() -> frequent.get() >= 50);
    var _ = calls.cancel(null);
    assertThat(rare.get()).isEqualTo(1);
  }

  private void watch(int intervalMillis, AtomicInteger answers) {
    AdminServiceGrpc.newStub(channel.channel())
        .watchStatus(
            WatchStatusRequest.newBuilder().setIntervalMillis(intervalMillis).build(),
            new StreamObserver<>() {
              @Override
              public void onNext(Status status) {
                var _ = answers.incrementAndGet();
              }

              @Override
              public void onError(Throwable error) {}

              @Override
              public void onCompleted() {}
            });
  }
}
