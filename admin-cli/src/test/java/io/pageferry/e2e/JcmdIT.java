package io.pageferry.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What docs/performance.md says of jcmd, with a daemon that the launcher started. */
class JcmdIT {
  @Test
  void aDaemonIsFoundByTheNameOfItsMainClass(@TempDir Path directory) throws Exception {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    assumeTrue(Files.exists(jcmd), "this Java has no jcmd");
    Path log = directory.resolve("log");
    ProcessBuilder builder =
        new ProcessBuilder(
                Launcher.repository().resolve("ferry").toString(),
                "dest",
                "--listen=127.0.0.1:0",
                "--metrics-listen=127.0.0.1:0")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("PAGEFERRY_SKIP_BUILD", "1");
    Process daemon = builder.start();
    try {
      await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> Files.readString(log).contains("state=listening"));
      Process asked =
          new ProcessBuilder(jcmd.toString(), "io.pageferry.node.DestMain", "VM.uptime").start();
      assertThat(new String(asked.getInputStream().readAllBytes(), UTF_8))
          .contains(daemon.pid() + ":");
    } finally {
      var _ = daemon.destroyForcibly().waitFor();
    }
  }
}
