package io.pageferry.e2e;

import static io.pageferry.cli.FerryRun.ferry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pageferry.cli.FerryRun;
import io.pageferry.client.AdminClient;
import io.pageferry.config.HostPort;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.Role;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A daemon whose standard error takes nothing: a pipe that is full and that nobody reads. */
@Timeout(180)
class StuckConsoleTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String FILL =
      "mkfifo \"$0\" && exec 3<>\"$0\" && head -c 65536 /dev/zero >&3 && exec \"$@\" 2>&3";

  @TempDir private Path directory = Path.of("");

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Test
  void migratesAnswersAndEndsAllTheSame() throws Exception {
    HostPort address = new HostPort("127.0.0.1", freePort());
    List<String> command =
        List.of(
            "bash",
            "-c",
            FILL,
            directory.resolve("console").toString(),
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-Xmx128m",
            "-cp",
            System.getProperty("java.class.path"),
            "io.pageferry.node.SourceMain",
            "--listen=" + address,
            "--metrics-listen=127.0.0.1:0",
            "--rehearsal=0s",
            "--shutdown-grace=1s");
    Process daemon = new ProcessBuilder(command).start();
    try (AdminClient client = new AdminClient(Role.ROLE_SOURCE, address, Duration.ofSeconds(10))) {
      await()
          .atMost(PATIENCE)
          .ignoreExceptions()
          .untilAsserted(() -> assertThat(client.status().hasGuest()).isFalse());
      String at = "--source=" + address;
      FerryRun load = ferry("guest", "load", "--program=counter", "--memory=16MiB", at);
      var _ = load.succeeded();
      var _ =
          client.call(stub ->
              stub.migrate(MigrateRequest.newBuilder().setDestination("127.0.0.1:1").build()));
      await()
          .atMost(PATIENCE)
          .until(() -> client.status().getMigration().getPhase() == Phase.PHASE_FAILED);
      daemon.destroy();
      assertThat(daemon.waitFor(30, TimeUnit.SECONDS)).as("It has ended.").isTrue();
      assertThat(daemon.exitValue()).isEqualTo(ExitCode.GUEST_LOST.number());
    } finally {
      var _ = daemon.destroyForcibly().onExit().join();
    }
  }
}
