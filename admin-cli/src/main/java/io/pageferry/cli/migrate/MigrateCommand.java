package io.pageferry.cli.migrate;

import com.google.gson.JsonObject;
import io.pageferry.cli.daemons.SharedOptions;
import io.pageferry.cli.output.Json;
import io.pageferry.cli.output.Printer;
import io.pageferry.cli.output.Terminal;
import io.pageferry.cli.view.Units;
import io.pageferry.client.Daemons;
import io.pageferry.client.FerryException;
import io.pageferry.client.GuestChoice;
import io.pageferry.client.StatusPair;
import io.pageferry.config.DataSize;
import io.pageferry.config.HostPort;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.config.cli.MechanismNames;
import io.pageferry.fault.mechanism.MechanismChoice;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.proto.v1.MigrateResponse;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.Status;
import io.pageferry.text.PlainText;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Moves the guest. */
@Command(
    name = "migrate",
    description = {
      "Move a guest of the source to the destination, or all of them.",
      "Waits until it has arrived completely; the exit code tells how it ended."
    })
public final class MigrateCommand implements Callable<Integer> {
  @Mixin private SharedOptions options = new SharedOptions();

  @Option(
      names = "--to",
      paramLabel = "HOST:PORT",
      description = "Destination as the source reaches it (default: the address of --dest).")
  private @Nullable HostPort to;

  @Option(
      names = "--max-in-flight",
      paramLabel = "SIZE",
      defaultValue = "0",
      description =
          "Cap on drain bytes sent and not acknowledged (default: the source daemon's"
              + " --max-bytes-in-flight, 8MiB unless it was changed).")
  private DataSize maxInFlight = new DataSize(0);

  @Option(
      names = "--drain-after",
      paramLabel = "DURATION",
      defaultValue = "0ms",
      description = {
        "Move pages on demand only until this long after switchover (default: ${DEFAULT-VALUE})."
      })
  private Duration drainAfter = Duration.ZERO;

  @Option(
      names = "--answer-delay",
      paramLabel = "DURATION",
      defaultValue = "0ms",
      description = {
        "For experiments: hold the answer to each fetch back for this long, as a longer way would",
        "(default: ${DEFAULT-VALUE})."
      })
  private Duration answerDelay = Duration.ZERO;

  @Option(
      names = "--fault-mechanism",
      paramLabel = "MECHANISM",
      description = {
        "What is to stop accesses to missing pages (default: the destination's choice):",
        "${COMPLETION-CANDIDATES}; SLOT=MECHANISM, behind a comma, for a single slot."
      },
      completionCandidates = MechanismNames.class)
  private @Nullable MechanismChoice mechanism;

  @Option(
      names = "--all",
      description = {
        "Move every guest of the source, one line for each.",
        "What fails stays and is named; the exit code is the largest. It is safe to run it again."
      })
  private boolean all;

  @Option(
      names = "--parallel",
      paramLabel = "COUNT",
      defaultValue = "1",
      description = "With --all: guests that move at a time (default: ${DEFAULT-VALUE}).")
  private int parallel = 1;

  @Option(names = "--detach", description = "Return as soon as the migration has started.")
  private boolean detach;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    HostPort target = to == null ? options.destination : SharedOptions.reachable("--to", to);
    MigrateRequest request =
        MigrateRequest.newBuilder()
            .setGuest(options.guest)
            .setDestination(target.toString())
            .setMaxBytesInFlight(maxInFlight.bytes())
            .setDrainAfterMillis(drainAfter.toMillis())
            .setAnswerDelayNanos(answerDelay.toNanos())
            .setFaultMechanism(mechanism == null ? "" : mechanism.toString())
            .build();
    PrintWriter out = Printer.of(spec);
    if (all) {
      return moveAll(request, out).number();
    }
    if (parallel != 1) {
      throw new FerryException(ExitCode.USAGE, "--parallel goes with --all; add that.");
    }
    try (Daemons daemons = options.connectBoth()) {
      MigrateResponse response = daemons.source().call(stub -> stub.migrate(request));
      if (detach) {
        out.println(
            options.json()
                ? Json.text(Json.of(response))
                : "Migration %s has started; follow it with 'ferry watch'."
                    .formatted(PlainText.of(response.getMigrationId())));
        return ExitCode.OK.number();
      }
      StatusPair end =
          Migrations.follow(
              daemons.of(response.getGuestId()), response.getMigrationId(), Terminal.error());
      ExitCode outcome = Migrations.outcome(end);
      if (options.json()) {
        out.println(Json.text(json(end, outcome)));
      } else if (outcome != ExitCode.OK) {
        throw new FerryException(outcome, sentence(end, outcome));
      } else {
        out.println(sentence(end, outcome));
      }
      return outcome.number();
    }
  }

  private ExitCode moveAll(MigrateRequest request, PrintWriter out) throws InterruptedException {
    if (!options.guest.isEmpty() || detach) {
      throw new FerryException(
          ExitCode.USAGE,
          "--all moves every guest: it goes with neither --guest (or PAGEFERRY_GUEST) nor"
              + " --detach.");
    }
    if (parallel < 1) {
      throw new FerryException(ExitCode.USAGE, "--parallel must be at least 1, for instance 2.");
    }
    try (Daemons daemons = options.connectBoth()) {
      List<Move> moves =
          daemons.source().guests().getGuestsList().stream()
              .filter(MigrateCommand::canMove)
              .map(guest ->
                  new Move(
                      daemons.of(GuestChoice.id(guest)),
                      request.toBuilder().setGuest(GuestChoice.id(guest)).build(),
                      guest))
              .toList();
      if (moves.isEmpty() && !options.json()) {
        out.println("There is no guest to move at " + daemons.source().description() + ".");
        return ExitCode.OK;
      }
      EmptyHost host = new EmptyHost(moves, parallel, Terminal.error());
      ExitCode worst = host.run();
      if (options.json()) {
        out.println(Json.text(host.json(worst)));
      } else {
        host.print(out);
      }
      return worst;
    }
  }

  /**
   * Whether a guest is the source's own, or on its way from there; one that has ended itself is
   * left where it is.
   */
  private static boolean canMove(Status status) {
    if (Move.isLeaving(status)) {
      return true;
    }
    return status.hasGuest()
        && switch (status.getGuest().getState()) {
          case GUEST_STATE_PAUSED, GUEST_STATE_RUNNING -> true;
          default -> false;
        };
  }

  private static JsonObject json(StatusPair end, ExitCode outcome) {
    JsonObject object = Json.of(end);
    object.addProperty("outcome", outcome.name());
    object.addProperty("exitCode", outcome.number());
    return object;
  }

  /** How a migration ended. */
  static String sentence(StatusPair end, ExitCode outcome) {
    MigrationStatus migration = end.sourceMigration().or(end::destinationMigration).orElseThrow();
    String reason = migration.getReason().isEmpty() ? "no reason given" : migration.getReason();
    return switch (outcome) {
      case OK ->
          "The guest has moved to %s: downtime %s, total time %s%s."
              .formatted(
                  migration.getPeer(),
                  Units.duration(end.downtimeNanos()),
                  Units.duration(migration.getElapsedNanos()),
                  Migrations.digestsAreEqual(end) ? ", digests equal" : "");
      case VERIFICATION_FAILED ->
          "The guest has moved, and the digests of its image differ: do not trust it.";
      case GUEST_LOST -> "The guest is lost: %s".formatted(reason);
      case PAUSED ->
          "The migration is paused: %s 'ferry status' shows both sides.".formatted(reason);
      default ->
          "The guest is still at the source, because the migration %s: %s"
              .formatted(
                  migration.getPhase() == io.pageferry.proto.v1.Phase.PHASE_CANCELLED
                      ? "was cancelled"
                      : "failed",
                  reason);
    };
  }
}
