package io.pageferry.cli.demo;

import com.google.protobuf.ByteString;
import io.pageferry.cli.demo.RunReport.GuestCheck;
import io.pageferry.client.AdminClient;
import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.GuestStatus;
import io.pageferry.proto.v1.PauseGuestRequest;
import io.pageferry.proto.v1.ReadConsoleRequest;
import io.pageferry.proto.v1.ResumeGuestRequest;
import io.pageferry.proto.v1.VcpuStatus;
import io.pageferry.proto.v1.WriteConsoleRequest;
import io.pageferry.text.PlainText;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/** What the demo asks of a guest. Stateless. */
public final class GuestControl {
  private static final Duration VERDICT_LIMIT = Duration.ofSeconds(20);
  private static final Duration LOOK_INTERVAL = Duration.ofMillis(50);
  private static final Duration ACCESS_WINDOW = Duration.ofMillis(300);

  private GuestControl() {}

  /** Runs the guest of a daemon. */
  public static void resume(AdminClient daemon) {
    var _ =
        daemon.call(stub ->
            stub.resumeGuest(ResumeGuestRequest.newBuilder().setGuest(daemon.guest()).build()));
  }

  /** Tells a bundled program to check itself and end, and reads what it says. */
  public static GuestCheck askForVerdict(AdminClient daemon) throws InterruptedException {
    WriteConsoleRequest request =
        WriteConsoleRequest.newBuilder()
            .setGuest(daemon.guest())
            .setData(ByteString.copyFromUtf8("q"))
            .build();
    var _ = daemon.call(stub -> stub.writeConsole(request));
    long deadline = System.nanoTime() + VERDICT_LIMIT.toNanos();
    while (System.nanoTime() - deadline < 0) {
      GuestStatus guest = daemon.status().getGuest();
      if (guest.getState() == GuestState.GUEST_STATE_SHUTDOWN) {
        return new GuestCheck(guest.getExitCode() == 0, guest.getExitCode(), lastLine(daemon));
      }
      Thread.sleep(LOOK_INTERVAL);
    }
    return new GuestCheck(false, 0, "no verdict within %d s".formatted(VERDICT_LIMIT.toSeconds()));
  }

  /** A guest without a console is well when every vCPU goes on; it is paused afterwards. */
  public static GuestCheck watchAccesses(AdminClient daemon) throws InterruptedException {
    GuestStatus before = daemon.status().getGuest();
    Thread.sleep(ACCESS_WINDOW);
    GuestStatus after = daemon.status().getGuest();
    boolean advances =
        after.getState() == GuestState.GUEST_STATE_RUNNING
            && before.getVcpusCount() == after.getVcpusCount();
    long accesses = 0;
    for (int i = 0; advances && i < after.getVcpusCount(); i++) {
      long done = instructions(after, i) - instructions(before, i);
      advances = done > 0;
      accesses += done;
    }
    if (after.getState() == GuestState.GUEST_STATE_RUNNING) {
      var _ =
          daemon.call(stub ->
              stub.pauseGuest(PauseGuestRequest.newBuilder().setGuest(daemon.guest()).build()));
    }
    String line =
        advances
            ? "synthetic: every vCPU goes on, %,d accesses in %d ms"
                .formatted(accesses, ACCESS_WINDOW.toMillis())
            : "synthetic: a vCPU has stopped (exit code " + after.getExitCode() + ")";
    return new GuestCheck(advances, after.getExitCode(), line);
  }

  private static long instructions(GuestStatus guest, int vcpu) {
    VcpuStatus status = guest.getVcpus(vcpu);
    return status.getInstructions();
  }

  private static String lastLine(AdminClient daemon) {
    ReadConsoleRequest request = ReadConsoleRequest.newBuilder().setGuest(daemon.guest()).build();
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    daemon.call(stub -> {
      for (var parts = stub.readConsole(request); parts.hasNext(); ) {
        text.writeBytes(parts.next().getData().toByteArray());
      }
      return request;
    });
    List<String> lines =
        text.toString(StandardCharsets.UTF_8).lines().filter(line -> !line.isBlank()).toList();
    return lines.isEmpty() ? "(the guest said nothing)" : PlainText.of(lines.getLast().strip());
  }
}
