package io.pageferry.cli.watch;

import io.pageferry.cli.view.Palette;
import io.pageferry.cli.view.Text;
import io.pageferry.cli.view.Units;
import io.pageferry.client.StatusPair;
import io.pageferry.proto.v1.GuestStatus;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.Status;
import java.util.List;

/** The guest, and each daemon on a line. Stateless. */
final class WatchHead {
  private static final int PHASE = 17;
  private static final int STATE = 13;
  private static final int RESIDENT = 19;
  private static final String NO_MIGRATION = "no migration";

  private final Observation now;
  private final Palette palette;

  WatchHead(Observation now, Palette palette) {
    this.now = now;
    this.palette = palette;
  }

  /** A phase in a colour that says whether all is well. */
  static String phase(Phase phase, Palette palette) {
    String name = Units.phase(phase);
    return switch (phase) {
      case PHASE_COMPLETED -> palette.good(name);
      case PHASE_POSTCOPY_PAUSED, PHASE_FAILED -> palette.bad(name);
      case PHASE_CANCELLED -> palette.notice(name);
      default -> palette.accent(name);
    };
  }

  /** Three lines. */
  List<String> render() {
    StatusPair known = now.known();
    String title =
        palette.bold(Text.pad("PageFerry", WatchView.LABEL + 1))
            + Text.pad(title(now.phase()), PHASE)
            + known.guest().map(WatchHead::guest).orElse("no guest");
    return List.of(title, daemon("source", now.source()), daemon("destination", now.destination()));
  }

  private String title(Phase phase) {
    return switch (phase) {
      case PHASE_UNSPECIFIED, PHASE_LISTENING -> palette.accent(NO_MIGRATION);
      default -> phase(phase, palette);
    };
  }

  private static String guest(GuestStatus guest) {
    return "%s, %s, %d vCPU%s"
        .formatted(
            guest.getName(),
            Units.bytes(guest.getMemoryBytes()),
            guest.getVcpusCount(),
            guest.getVcpusCount() == 1 ? "" : "s");
  }

  private String daemon(String name, Seen seen) {
    String label = palette.dim(Text.pad(name, WatchView.LABEL + 1));
    Status status = seen.status();
    if (status == null) {
      return label + Text.pad(palette.bad("no answer"), PHASE + STATE + RESIDENT) + seen.address();
    }
    String phase =
        status.getPhase() == Phase.PHASE_UNSPECIFIED
            ? NO_MIGRATION
            : Units.phase(status.getPhase());
    String state = status.hasGuest() ? Units.state(status.getGuest().getState()) : "no guest";
    String last =
        seen.answers()
            ? resident(status)
            : palette.bad("silent, " + Units.duration(seen.ageNanos()));
    return label
        + Text.pad(seen.answers() ? phase : palette.dim(phase), PHASE)
        + Text.pad(seen.answers() ? state : palette.dim(state), STATE)
        + Text.pad(last, RESIDENT)
        + seen.address();
  }

  private static String resident(Status status) {
    if (status.getRehearsing()) {
      return "rehearses";
    }
    return status.hasGuest() ? Units.bytes(status.getGuest().getResidentBytes()) + " resident" : "";
  }
}
