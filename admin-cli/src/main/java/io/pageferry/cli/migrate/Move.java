package io.pageferry.cli.migrate;

import com.google.gson.JsonObject;
import io.pageferry.cli.output.Json;
import io.pageferry.cli.view.Palette;
import io.pageferry.cli.view.ProgressLine;
import io.pageferry.cli.view.Text;
import io.pageferry.client.Daemons;
import io.pageferry.client.Failures;
import io.pageferry.client.FerryException;
import io.pageferry.client.GuestChoice;
import io.pageferry.client.StatusPair;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.migration.ErrorCode;
import io.pageferry.proto.v1.Direction;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.proto.v1.PageCounts;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.Status;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One guest of several that are moved. {@link #run} once, on one thread; any thread may look.
 *
 * <p>A guest that moves already is followed. Where a daemon has no room for one more migration, the
 * guest waits as long as others move.
 */
final class Move {
  private static final Duration ROOM_INTERVAL = Duration.ofSeconds(1);

  /** Whoever was in the way may have ended between the refusal and the look at what moves. */
  private static final int MOST_IDLE_REFUSALS = 2;

  /** What others' migrations cause, and is over when they are. */
  private static final Set<ErrorCode> NO_ROOM_YET =
      Set.of(ErrorCode.TOO_MANY_MIGRATIONS, ErrorCode.DESTINATION_BUSY, ErrorCode.GUEST_INCOMPLETE);

  private final Daemons daemons;
  private final MigrateRequest request;
  private final String name;
  private final long bytes;
  private final String underWay;
  private volatile @Nullable StatusPair latest;
  private volatile String waits = "waits";

  /** Refusals in a row after which nobody moved. */
  private int idleRefusals;

  private volatile @Nullable End end;

  /** How it ended. */
  private record End(ExitCode outcome, String sentence, boolean gone) {
    End(ExitCode outcome, String sentence) {
      this(outcome, sentence, false);
    }
  }

  /**
   * A move that has not begun.
   *
   * @param daemons clients of that guest
   */
  Move(Daemons daemons, MigrateRequest request, Status guest) {
    this.daemons = daemons;
    this.request = request;
    this.name = GuestChoice.name(guest);
    this.bytes = guest.getGuest().getMemoryBytes();
    this.underWay = isLeaving(guest) ? guest.getMigration().getMigration().getMigrationId() : "";
  }

  /** Whether a guest is on its way from the source already. */
  static boolean isLeaving(Status guest) {
    return GuestChoice.moves(guest)
        && guest.getMigration().getDirection() == Direction.DIRECTION_OUTGOING;
  }

  /** Moves the guest, and returns when it has arrived or has not. */
  void run() throws InterruptedException {
    try {
      String migration = underWay;
      while (end == null) {
        migration = migration.isEmpty() ? begin() : migration;
        if (!migration.isEmpty()) {
          follow(migration);
        }
        migration = "";
      }
    } catch (FerryException e) {
      end = new End(e.exitCode(), e.sentence());
    } catch (RuntimeException | Error e) {
      end = new End(ExitCode.INTERNAL, "An unexpected error: " + e);
    }
  }

  /** Asks for a migration; returns its id, empty if there was no room for it, or no guest. */
  private String begin() throws InterruptedException {
    try {
      return daemons.source().call(stub -> stub.migrate(request)).getMigrationId();
    } catch (FerryException e) {
      ErrorCode code = e.code().orElse(ErrorCode.INTERNAL);
      Status now = daemons.source().status();
      if (code == ErrorCode.MIGRATION_IN_PROGRESS && isLeaving(now)) {
        // Somebody else began meanwhile.
        return now.getMigration().getMigration().getMigrationId();
      }
      if (code == ErrorCode.NO_GUEST) {
        end = new End(ExitCode.OK, "It was unloaded meanwhile.", true);
      } else if (!waitsForRoom(code, e.sentence())) {
        throw e;
      }
      return "";
    }
  }

  /** Waits a while, if it may help. */
  private boolean waitsForRoom(ErrorCode code, String sentence) throws InterruptedException {
    if (!NO_ROOM_YET.contains(code)) {
      return false;
    }
    idleRefusals = othersMove() ? 0 : idleRefusals + 1;
    if (idleRefusals > MOST_IDLE_REFUSALS) {
      return false;
    }
    waits = "waits: " + sentence;
    Thread.sleep(ROOM_INTERVAL);
    return true;
  }

  private boolean othersMove() {
    return Stream.of(daemons.source(), daemons.destination())
        .flatMap(daemon -> daemon.guests().getGuestsList().stream())
        .anyMatch(guest ->
            GuestChoice.moves(guest)
                && guest.getMigration().getPhase() != Phase.PHASE_POSTCOPY_PAUSED);
  }

  private void follow(String migration) throws InterruptedException {
    StatusPair last = Migrations.follow(daemons, migration, this::see);
    ExitCode outcome = Migrations.outcome(last);
    String sentence = MigrateCommand.sentence(last, outcome);
    ErrorCode reason =
        last.sourceMigration()
            .filter(status -> status.getPhase() == Phase.PHASE_FAILED)
            .flatMap(status -> Failures.errorCode(status.getReasonCode()))
            .orElse(ErrorCode.INTERNAL);
    if (waitsForRoom(reason, sentence)) {
      latest = null;
    } else {
      end = new End(outcome, sentence);
    }
  }

  private void see(StatusPair statuses) {
    latest = statuses;
  }

  /** How it ended; empty before. */
  Optional<ExitCode> outcome() {
    return Optional.ofNullable(end).map(End::outcome);
  }

  /** Whether it was unloaded before it could be moved. */
  boolean isGone() {
    End over = end;
    return over != null && over.gone;
  }

  /** Whether it has begun and not ended. */
  boolean isUnderWay() {
    return latest != null && end == null;
  }

  /** Size of the guest's memory. */
  long bytes() {
    return bytes;
  }

  /** Of it, what has arrived. */
  long arrivedBytes() {
    if (outcome().filter(code -> code == ExitCode.OK).isPresent()) {
      return bytes;
    }
    StatusPair now = latest;
    PageCounts pages =
        now == null
            ? PageCounts.getDefaultInstance()
            : now.pageView()
                .map(migration -> migration.getPages())
                .orElse(PageCounts.getDefaultInstance());
    return pages.getTotal() == 0
        ? 0
        : (long) ((double) bytes * pages.getPresent() / pages.getTotal());
  }

  /** Name and progress in at most {@code width} columns, the name in {@code nameWidth} of them. */
  String line(int nameWidth, int width, Palette palette) {
    String head = Text.pad(Text.fit(name, nameWidth), nameWidth) + "  ";
    End over = end;
    StatusPair now = latest;
    if (over != null) {
      return Text.fit(
          head
              + (over.outcome == ExitCode.OK
                  ? over.sentence
                  : palette.notice("stays: " + over.sentence)),
          width);
    }
    return now == null
        ? Text.fit(head + palette.dim(waits), width)
        : head + ProgressLine.render(now, width - nameWidth - 2, palette);
  }

  /** Its end in full. */
  String result() {
    End over = end;
    return name + ": " + (over == null ? "not begun" : over.sentence);
  }

  /** The guest's name. */
  String name() {
    return name;
  }

  /** Its end, and the last that both daemons said. */
  JsonObject json() {
    JsonObject object = new JsonObject();
    End over = end;
    StatusPair last = latest;
    object.addProperty("guest", name);
    object.addProperty("outcome", over == null ? "" : over.outcome.name());
    object.addProperty("exitCode", over == null ? -1 : over.outcome.number());
    object.addProperty("sentence", over == null ? "" : over.sentence);
    if (last != null) {
      object.add("statuses", Json.of(last));
    }
    return object;
  }
}
