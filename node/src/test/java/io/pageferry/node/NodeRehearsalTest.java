package io.pageferry.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.StatusRuntimeException;
import io.pageferry.daemon.process.Rehearsal;
import io.pageferry.host.HostMemory;
import io.pageferry.proto.v1.AdminServiceGrpc;
import io.pageferry.proto.v1.GetStatusRequest;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.proto.v1.MigrationServiceGrpc;
import io.pageferry.proto.v1.PrepareRequest;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.Status;
import io.pageferry.rpc.RpcChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class NodeRehearsalTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final NodeRehearsal play =
      new NodeRehearsal(NodeConfig.onLoopback(Role.ROLE_NODE), HostMemory.ofThisHost());

  /** Threads of a rehearsal, by their names. */
  private static List<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread ->
            thread
                .getName()
                .matches(
                    "(serve|accept|demand|drain|acknowledge|rehearsal|migration|switchover|vcpu).*"))
        .toList();
  }

  private static long sockets() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      return files.filter(NodeRehearsalTest::isSocket).count();
    }
  }

  private static boolean isSocket(Path file) {
    try {
      return Files.readSymbolicLink(file).toString().startsWith("socket:");
    } catch (IOException _) {
      return false;
    }
  }

  private static long mappings() throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines.filter(NodeRehearsalTest::isGuestSized).count();
    }
  }

  /** Whether a line of the maps is of a guest's memory, or that with a neighbour. */
  private static boolean isGuestSized(String line) {
    String[] ends = line.substring(0, line.indexOf(' ')).split("-", -1);
    long bytes = Long.parseUnsignedLong(ends[1], 16) - Long.parseUnsignedLong(ends[0], 16);
    return bytes == NodeRehearsal.MEMORY_BYTES;
  }

  /** One that goes on until it is stopped, however slow the host. */
  private void rehearse(int times) throws InterruptedException {
    int before = play.migrations();
    Thread thread = Thread.ofPlatform().start(this::perform);
    await().atMost(PATIENCE).until(() -> play.migrations() >= before + times || !thread.isAlive());
    assertThat(play.migrations()).as("migrations").isGreaterThanOrEqualTo(before + times);
    thread.interrupt();
    assertThat(thread.join(PATIENCE)).as("it ends").isTrue();
  }

  private void perform() {
    try {
      play.perform();
    } catch (InterruptedException | RuntimeException _) {
      // It was told to end.
    }
  }

  @Test
  void guestsMigrateAgainAndAgainUntilItIsInterrupted() throws InterruptedException {
    rehearse(3);
  }

  @Test
  void itLeavesNoThreadNoSocketAndNoMemory() throws Exception {
    rehearse(1);
    await().atMost(PATIENCE).until(() -> threads().isEmpty());
    long sockets = sockets();
    long mappings = mappings();
    rehearse(2);
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          assertThat(threads()).isEmpty();
          assertThat(sockets()).isLessThanOrEqualTo(sockets);
          assertThat(mappings()).isLessThanOrEqualTo(mappings);
        });
  }

  @Test
  void aMigrationThatComesEndsIt() {
    NodeDaemon daemon =
        new NodeDaemon(NodeConfig.onLoopback(Role.ROLE_DESTINATION).with(Rehearsal.LONGEST));
    daemon.start();
    RpcChannel channel = new RpcChannel("test-admin", daemon.address().toString(), false);
    try (daemon;
        channel) {
      var admin = AdminServiceGrpc.newBlockingStub(channel.channel());
      Status status = admin.getStatus(GetStatusRequest.getDefaultInstance());
      assertThat(status.getRehearsing()).isTrue();
      assertThat(status.hasMigration() || status.hasGuest()).isFalse();
      long start = System.nanoTime();
      assertThatThrownBy(() ->
              MigrationServiceGrpc.newBlockingStub(channel.channel())
                  .prepare(PrepareRequest.getDefaultInstance()))
          .isInstanceOf(StatusRuntimeException.class);
      await()
          .atMost(PATIENCE)
          .until(() -> !admin.getStatus(GetStatusRequest.getDefaultInstance()).getRehearsing());
      assertThat(System.nanoTime() - start).isLessThan(Rehearsal.LONGEST.toNanos() / 2);
    }
  }

  @Test
  void aMigrationThatIsAskedForEndsIt() {
    NodeDaemon daemon =
        new NodeDaemon(NodeConfig.onLoopback(Role.ROLE_SOURCE).with(Rehearsal.LONGEST));
    daemon.start();
    RpcChannel channel = new RpcChannel("test-admin", daemon.address().toString(), false);
    try (daemon;
        channel) {
      var admin = AdminServiceGrpc.newBlockingStub(channel.channel());
      assertThat(
              admin.getStatus(GetStatusRequest.getDefaultInstance()).toBuilder()
                  .clearUptimeNanos()
                  .build())
          .isEqualTo(Status.newBuilder().setRole(Role.ROLE_SOURCE).setRehearsing(true).build());
      var _ =
          admin.loadGuest(
              LoadGuestRequest.newBuilder()
                  .setBundledProgram("counter")
                  .setVcpuCount(1)
                  .setMemoryBytes(1 << 20)
                  .build());
      long start = System.nanoTime();
      var _ =
          admin.migrate(
              MigrateRequest.newBuilder().setDestination(daemon.address().toString()).build());
      await()
          .atMost(PATIENCE)
          .until(() -> !admin.getStatus(GetStatusRequest.getDefaultInstance()).getRehearsing());
      assertThat(System.nanoTime() - start).isLessThan(Rehearsal.LONGEST.toNanos() / 2);
    }
  }
}
