package io.pageferry.bench.ferry;

import io.pageferry.bench.result.Run;
import io.pageferry.client.AdminClient;
import io.pageferry.client.Daemons;
import io.pageferry.client.FerryException;
import io.pageferry.client.GuestChoice;
import io.pageferry.client.local.DaemonLaunch;
import io.pageferry.client.local.LocalDaemons;
import io.pageferry.proto.v1.Status;
import io.pageferry.proto.v1.UnloadGuestRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A source and a destination daemon that make one run after the other. One thread; ends the
 * processes when it is closed.
 */
public final class FerryPair implements AutoCloseable {
  private static final long WARM_UP_BYTES = 192L << 20;

  private final LocalDaemons processes;
  private final Daemons daemons;
  private final PauseLog sourcePauses;
  private final PauseLog destinationPauses;

  private FerryPair(LocalDaemons processes, Path logs) {
    this.processes = processes;
    daemons = processes.daemons();
    sourcePauses = new PauseLog(logs.resolve("source-pauses.log"));
    destinationPauses = new PauseLog(logs.resolve("destination-pauses.log"));
  }

  /**
   * Starts both.
   *
   * @param launcher the ferry script
   * @param logs a directory for their logs
   */
  public static FerryPair start(
      Path launcher, Path logs, DaemonLaunch source, DaemonLaunch destination)
      throws InterruptedException {
    try {
      Files.createDirectories(logs);
    } catch (IOException e) {
      throw new UncheckedIOException("No directory for logs: " + logs + ".", e);
    }
    return new FerryPair(
        LocalDaemons.start(
            launcher,
            Optional.of(logs),
            source.withJavaOptions(PauseLog.OPTION + logs.resolve("source-pauses.log")),
            destination.withJavaOptions(PauseLog.OPTION + logs.resolve("destination-pauses.log"))),
        logs);
  }

  /** Moves a few small guests, so that what is measured next is compiled. */
  public void warmUp(int runs) throws InterruptedException {
    for (int run = 0; run < runs; run++) {
      var work = run % 3 == 2 ? FerryScenario.Work.IDLE : FerryScenario.Work.RANDOM;
      long drainAfter = run % 3 == 0 ? 1500 : 0;
      var _ = run(new FerryScenario("warm-up", WARM_UP_BYTES, work, drainAfter), () -> {});
    }
  }

  /**
   * One run.
   *
   * @param justBefore called when the guest is warm, right before the migrate command
   * @throws io.pageferry.client.FerryException if it does not complete, or memory differs
   */
  public Run run(FerryScenario scenario, Runnable justBefore) throws InterruptedException {
    var _ = sourcePauses.take();
    var _ = destinationPauses.take();
    Run result = measured(() -> new FerryRun(scenario, daemons, this::usage).run(justBefore));
    List<Double> pauses = new ArrayList<>(sourcePauses.take());
    pauses.addAll(destinationPauses.take());
    return FerryRun.withPauses(result, pauses);
  }

  /**
   * Pages that several vCPUs fetch a second, on demand alone; they touch pages at random.
   *
   * @param guestBytes memory of the guest
   * @throws io.pageferry.client.FerryException if it does not complete, or memory differs
   */
  public Run faultRate(String experiment, int vcpus, long guestBytes, Runnable justBefore)
      throws InterruptedException {
    return measured(() -> new FaultRateRun(experiment, vcpus, guestBytes, daemons).run(justBefore));
  }

  /** A run of these daemons. */
  private interface Measurement {
    Run make() throws InterruptedException;
  }

  /** Makes a run; one that fails leaves no guest to the next. */
  private Run measured(Measurement measurement) throws InterruptedException {
    try {
      return measurement.make();
    } catch (RuntimeException | Error e) {
      discardGuests(daemons.destination());
      discardGuests(daemons.source());
      throw e;
    }
  }

  private static void discardGuests(AdminClient daemon) {
    try {
      for (Status guest : daemon.guests().getGuestsList()) {
        if (guest.hasGuest() || GuestChoice.isLive(guest)) {
          var request =
              UnloadGuestRequest.newBuilder()
                  .setGuest(GuestChoice.id(guest))
                  .setForce(true)
                  .build();
          var _ = daemon.call(stub -> stub.unloadGuest(request));
        }
      }
    } catch (FerryException _) {
      // What failed first is told; the next run tells what it finds.
    }
  }

  private List<ProcessUsage> usage() {
    return List.of(
        ProcessUsage.of(processes.source().pid()), ProcessUsage.of(processes.destination().pid()));
  }

  @Override
  public void close() {
    processes.close();
  }
}
