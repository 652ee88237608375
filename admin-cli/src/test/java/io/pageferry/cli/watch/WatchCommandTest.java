package io.pageferry.cli.watch;

import static io.pageferry.cli.FerryRun.ferry;
import static io.pageferry.cli.FerryRun.ferryAt;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.pageferry.cli.FerryRun;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.e2e.DaemonPair;
import io.pageferry.e2e.Guests;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Watching without a terminal; what a terminal shows is WatchViewTest's matter. */
class WatchCommandTest {
  @Test
  void aProgramGetsAnObjectALineUntilTheMigrationHasEnded() {
    try (DaemonPair daemons = DaemonPair.start()) {
      daemons.run(Guests.program("smp", 2, 16, 1).build());
      ferryAt(daemons, "migrate", "--detach").succeeded();
      FerryRun run =
          ferryAt(daemons, "watch", "--until-done", "--interval", "20ms", "--output", "json");
      assertThat(run.exitCode()).isEqualTo(ExitCode.OK.number());
      List<JsonObject> looks =
          run.out().lines().map(line -> JsonParser.parseString(line).getAsJsonObject()).toList();
      JsonObject last = looks.getLast();
      assertThat(phase(last, "source")).isEqualTo("PHASE_COMPLETED");
      assertThat(phase(last, "destination")).isEqualTo("PHASE_COMPLETED");
      long uptime = 0;
      for (JsonObject look : looks) {
        long next = look.getAsJsonObject("source").get("uptimeNanos").getAsLong();
        assertThat(next).isGreaterThanOrEqualTo(uptime);
        uptime = next;
      }
    }
  }

  private static String phase(JsonObject look, String daemon) {
    return look.getAsJsonObject(daemon).get("phase").getAsString();
  }

  @Test
  void withoutAnyDaemonItEndsIfItIsToEndAtAll() {
    FerryRun run =
        ferry(
            "watch", "--until-done", "--source=127.0.0.1:1", "--dest=127.0.0.1:1", "--output=json");
    assertThat(run.exitCode()).isEqualTo(ExitCode.UNREACHABLE.number());
    JsonObject look = JsonParser.parseString(run.out()).getAsJsonObject();
    assertThat(look.get("source").isJsonNull()).isTrue();
    assertThat(look.get("sourceFailure").getAsString()).contains("ferry source");
  }

  @Test
  void anIntervalThatWouldLoadTheDaemonsIsRefused() {
    ferry("watch", "--interval=1ms").refused(ExitCode.USAGE, "between 20ms and 1h");
  }
}
