package io.pageferry.cli.migrate;

import com.google.gson.JsonObject;
import io.pageferry.cli.output.Json;
import io.pageferry.cli.view.Palette;
import io.pageferry.cli.view.ProgressLine;
import io.pageferry.cli.view.Text;
import io.pageferry.client.Daemons;
import io.pageferry.client.FerryException;
import io.pageferry.client.GuestChoice;
import io.pageferry.client.StatusPair;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.MigrateRequest;
import io.pageferry.proto.v1.MigrateResponse;
import io.pageferry.proto.v1.PageCounts;
import io.pageferry.proto.v1.Status;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One guest of several that are moved. {@link #run} once, on one thread; any thread may look. */
final class Move {
  private final Daemons daemons;
  private final MigrateRequest request;
  private final String name;
  private final long bytes;
  private volatile @Nullable StatusPair latest;
  private volatile @Nullable End end;

  /** How it ended. */
  private record End(ExitCode outcome, String sentence) {}

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
  }

  /** Moves the guest, and returns when it has arrived or has not. */
  void run() throws InterruptedException {
    try {
      MigrateResponse response = daemons.source().call(stub -> stub.migrate(request));
      StatusPair last = Migrations.follow(daemons, response.getMigrationId(), this::see);
      ExitCode outcome = Migrations.outcome(last);
      end = new End(outcome, MigrateCommand.sentence(last, outcome));
    } catch (FerryException e) {
      end = new End(e.exitCode(), e.sentence());
    } catch (RuntimeException | Error e) {
      end = new End(ExitCode.INTERNAL, "An unexpected error: " + e);
    }
  }

  private void see(StatusPair statuses) {
    latest = statuses;
  }

  /** How it ended; empty before. */
  Optional<ExitCode> outcome() {
    return Optional.ofNullable(end).map(End::outcome);
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
        ? head + palette.dim("waits")
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
