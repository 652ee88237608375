package io.pageferry.containers;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.Container.ExecResult;

/** Guests moved between containers that have no rights, by the image of the command line. */
@NeedsEngine
class MigrationIT {
  private static Stage stage;

  @BeforeAll
  static void startDaemons() {
    stage = new Stage();
  }

  @AfterAll
  static void removeDaemons() {
    stage.close();
  }

  @AfterEach
  void unloadGuests() throws InterruptedException {
    var _ = stage.ferry("guest", "unload");
    var _ = stage.ferry("guest", "unload", "--at", "dest");
  }

  @Test
  void aWorkingGuestArrivesWholeAndWorksOn() throws Exception {
    stage.runGuestByCommand("kv", "64MiB");
    var _ = stage.migrateWhole();
    stage.assertGuestFindsItselfWhole("kv");
  }

  @Test
  void aPausedGuestHasTheSameSha256OfMemoryAndStateAtBothEnds() throws Exception {
    stage.runGuest("smp", "32MiB");
    var _ = stage.ferry("guest", "pause").succeeded();
    String before = stage.ferry("digest").succeeded();
    var _ = stage.migrateWhole();
    assertThat(before).contains("memory ", "state ");
    assertThat(stage.ferry("digest", "--at", "dest").succeeded()).isEqualTo(before);
  }

  @Test
  void theDaemonIsTheFirstProcessAndHasNoRights() throws Exception {
    for (Daemon daemon : new Daemon[] {stage.source(), stage.destination()}) {
      assertThat(print(daemon, "cat /proc/1/comm")).isEqualTo("java\n");
      assertThat(print(daemon, "grep -E '^(Uid|CapEff|CapBnd|NoNewPrivs):' /proc/1/status"))
          .contains("Uid:\t65532", "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000")
          .contains("NoNewPrivs:\t1");
      ExecResult write = daemon.execute("touch", "/opt/pageferry/file");
      assertThat(write.getExitCode()).isNotZero();
      assertThat(write.getStderr()).contains("Read-only file system");
    }
  }

  @Test
  void aReadOnlyContainerStillHasTheNativeTransportAndTheCacheOfCompiledClasses() throws Exception {
    for (Daemon daemon : new Daemon[] {stage.source(), stage.destination()}) {
      assertThat(print(daemon, "cat /proc/1/maps")).contains("netty_transport_native_epoll");
      assertThat(print(daemon, "tr '\\0' '\\n' </proc/1/cmdline")).contains("-XX:AOTCache=");
      assertThat(daemon.logs()).doesNotContain("AOT", "WARN");
    }
  }

  private static String print(Daemon daemon, String command) throws Exception {
    ExecResult result = daemon.execute("bash", "-c", command);
    assertThat(result.getExitCode()).as(result.getStderr()).isZero();
    return result.getStdout();
  }
}
