package io.pageferry.cli.demo;

import io.pageferry.cli.demo.RunReport.GuestCheck;
import io.pageferry.cli.demo.RunReport.Speeds;
import io.pageferry.cli.migrate.Migrations;
import io.pageferry.cli.output.Terminal;
import io.pageferry.cli.view.LiveArea;
import io.pageferry.cli.view.Units;
import io.pageferry.client.AdminClient;
import io.pageferry.client.Daemons;
import io.pageferry.client.FerryException;
import io.pageferry.client.StatusPair;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.fault.mechanism.MechanismChoice;
import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.GuestStatus;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.proto.v1.MigrateResponse;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.VcpuStatus;
import java.time.Duration;
import java.util.List;

/** One guest's journey: boot, work, move, work on, check. One thread, once. */
final class DemoRun {
  private static final Duration WORK_AT_LEAST = Duration.ofSeconds(2);
  private static final Duration WORK_AT_MOST = Duration.ofSeconds(6);
  private static final Duration WORK_ON = Duration.ofMillis(700);
  private static final Duration LOOK_INTERVAL = Duration.ofMillis(200);

  private final DemoOptions options;
  private final MechanismChoice mechanism;
  private final Daemons daemons;
  private final Terminal terminal;

  /**
   * A run.
   *
   * @param mechanism what stops accesses to missing pages
   * @param daemons both without a guest
   * @param terminal where progress goes
   */
  DemoRun(DemoOptions options, MechanismChoice mechanism, Daemons daemons, Terminal terminal) {
    this.options = options;
    this.mechanism = mechanism;
    this.daemons = daemons;
    this.terminal = terminal;
  }

  /**
   * Runs it to its end.
   *
   * @throws FerryException if a daemon refuses or the migration does not complete
   */
  RunReport run() throws InterruptedException {
    AdminClient source = daemons.source();
    var _ = source.call(stub -> stub.loadGuest(options.loadRequest()));
    GuestControl.resume(source);
    double before = work();
    long startNanos = System.nanoTime();
    long startCount = count(source.status().getGuest());
    StatusPair end = migrate();
    GuestStatus moved = daemons.destination().status().getGuest();
    double during = rate(startCount, count(moved), System.nanoTime() - startNanos);
    double after = workOn(moved);
    GuestCheck check =
        options.hasConsole()
            ? GuestControl.askForVerdict(daemons.destination())
            : GuestControl.watchAccesses(daemons.destination());
    return RunReport.of(options, end, new Speeds(before, during, after), check);
  }

  /** Lets the guest write a good part of its memory; gives its instructions a second. */
  private double work() throws InterruptedException {
    AdminClient source = daemons.source();
    long startNanos = System.nanoTime();
    long lastResident = 0;
    try (LiveArea area = new LiveArea(terminal.stream(), terminal.interactive())) {
      while (true) {
        Thread.sleep(LOOK_INTERVAL);
        GuestStatus guest = source.status().getGuest();
        long elapsed = System.nanoTime() - startNanos;
        requireRunning(guest);
        double speed = rate(0, count(guest), elapsed);
        boolean settled = guest.getResidentBytes() - lastResident < options.memoryBytes() / 100;
        boolean enough = settled || guest.getResidentBytes() >= options.memoryBytes() / 2;
        boolean done =
            elapsed >= WORK_AT_MOST.toNanos() || (elapsed >= WORK_AT_LEAST.toNanos() && enough);
        lastResident = guest.getResidentBytes();
        if (done || area.redraws()) {
          area.show(
              List.of(
                  "  %s works at the source: %s of %s written, %s %s/s"
                      .formatted(
                          options.guest(),
                          Units.bytes(guest.getResidentBytes()),
                          Units.bytes(options.memoryBytes()),
                          Units.magnitude(speed),
                          options.hasConsole() ? "instructions" : "accesses")));
        }
        if (done) {
          return speed;
        }
      }
    }
  }

  private static void requireRunning(GuestStatus guest) {
    if (guest.getState() == GuestState.GUEST_STATE_SHUTDOWN) {
      throw new FerryException(
          ExitCode.VERIFICATION_FAILED,
          guest.getFailure().isEmpty()
              ? "The guest ended before the migration, with exit code " + guest.getExitCode() + "."
              : "The guest failed before the migration. " + guest.getFailure());
    }
  }

  private StatusPair migrate() throws InterruptedException {
    MigrateRequest request =
        MigrateRequest.newBuilder()
            .setDestination(daemons.destination().address())
            .setFaultMechanism(mechanism.toString())
            .build();
    MigrateResponse response = daemons.source().call(stub -> stub.migrate(request));
    StatusPair end = Migrations.follow(daemons, response.getMigrationId(), terminal);
    if (end.phase() != Phase.PHASE_COMPLETED || end.destination() == null) {
      throw new FerryException(
          end.destination() == null ? ExitCode.UNREACHABLE : Migrations.outcome(end),
          "The migration ended as %s: %s"
              .formatted(
                  Units.phase(end.phase()),
                  end.destination() == null
                      ? end.destinationFailure()
                      : end.sourceMigration().orElseThrow().getReason()));
    }
    return end;
  }

  /** Lets the guest run at the destination; gives its instructions a second. */
  private double workOn(GuestStatus before) throws InterruptedException {
    long startNanos = System.nanoTime();
    Thread.sleep(WORK_ON);
    GuestStatus after = daemons.destination().status().getGuest();
    return rate(count(before), count(after), System.nanoTime() - startNanos);
  }

  private static double rate(long from, long to, long nanos) {
    return (to - from) / (nanos / 1e9);
  }

  private static long count(GuestStatus guest) {
    return guest.getVcpusList().stream().mapToLong(VcpuStatus::getInstructions).sum();
  }
}
