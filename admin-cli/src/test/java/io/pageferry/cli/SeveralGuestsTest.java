package io.pageferry.cli;

import static io.pageferry.cli.FerryRun.ferry;
import static io.pageferry.cli.FerryRun.ferryAt;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.e2e.DaemonPair;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The command line in front of two nodes, of which one has two guests. */
class SeveralGuestsTest {
  private final DaemonPair nodes = DaemonPair.startNodes();

  @BeforeEach
  void loadTwo() {
    for (String name : new String[] {"one", "two"}) {
      ferryAt(nodes, "guest", "load", "--program=kv", "--memory=4MiB", "--name=" + name)
          .succeeded();
      ferryAt(nodes, "guest", "start", "--guest=" + name).succeeded();
    }
  }

  @AfterEach
  void close() {
    nodes.close();
  }

  @Test
  void aHostIsEmptiedAndEmptyingItAgainIsSafe() {
    JsonObject moved =
        JsonParser.parseString(
                ferryAt(nodes, "migrate", "--all", "--parallel=2", "--output=json").succeeded())
            .getAsJsonObject();
    assertThat(moved.getAsJsonArray("guests")).hasSize(2);
    assertThat(moved.get("exitCode").getAsInt()).isZero();
    assertThat(ferryAt(nodes, "status").succeeded())
        .contains("Guests at the source", "handed over", "Guests at the destination", "running");
    assertThat(ferryAt(nodes, "migrate", "--all").succeeded()).contains("no guest to move");
    assertThat(ferryAt(nodes, "guest", "list", "--at=dest").succeeded()).contains("one", "two");
  }

  @Test
  void whatFailsStaysAndIsNamedAndTheExitCodeIsThatOfTheWorst() {
    try (DaemonPair other = DaemonPair.startNodes()) {
      ferry(
              "guest",
              "load",
              "--program=counter",
              "--memory=4MiB",
              "--name=two",
              "--source=" + nodes.destination().address())
          .succeeded();
      FerryRun run = ferryAt(nodes, "migrate", "--all");
      assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED.number());
      assertThat(run.out())
          .contains("1 of 2 guests stays where it was", "two:", "another guest that is called");
      assertThat(ferryAt(nodes, "guest", "list").succeeded())
          .containsPattern("one +handed over")
          .containsPattern("two +running");
      assertThat(
              ferry(
                      "migrate",
                      "--all",
                      "--source=" + nodes.source().address(),
                      "--dest=" + other.source().address())
                  .succeeded())
          .contains("All guests have moved: 1.");
    }
  }

  @Test
  void emptyingAHostFollowsWhatMovesAlready() {
    ferryAt(nodes, "migrate", "--guest=one", "--drain-after=2s", "--detach").succeeded();
    assertThat(ferryAt(nodes, "migrate", "--all").succeeded())
        .contains("All guests have moved: 2.");
    assertThat(ferryAt(nodes, "guest", "list", "--at=dest").succeeded())
        .containsPattern("one +running.*COMPLETED")
        .containsPattern("two +running.*COMPLETED");
  }

  @Test
  void emptyingAHostWaitsForRoom() {
    try (DaemonPair narrow = DaemonPair.startNodes(1)) {
      for (String name : new String[] {"a", "b", "c"}) {
        ferryAt(narrow, "guest", "load", "--program=kv", "--memory=4MiB", "--name=" + name)
            .succeeded();
      }
      assertThat(
              ferryAt(narrow, "migrate", "--all", "--parallel=3", "--drain-after=300ms")
                  .succeeded())
          .contains("All guests have moved: 3.");
    }
  }

  @Test
  void anIdMeansItsGuestWhateverOthersAreCalled() {
    String id =
        JsonParser.parseString(ferryAt(nodes, "status", "--guest=one", "--output=json").succeeded())
            .getAsJsonObject()
            .getAsJsonObject("source")
            .getAsJsonObject("guest")
            .get("guestId")
            .getAsString();
    ferryAt(nodes, "guest", "load", "--program=kv", "--memory=4MiB", "--name=" + id)
        .refused(ExitCode.USAGE, "id");
    ferryAt(nodes, "guest", "pause", "--guest=" + id).succeeded();
  }

  @Test
  void commandsThatAreForOneGuestAskWhich() {
    for (String command : new String[] {"migrate", "cancel", "digest"}) {
      ferryAt(nodes, command).refused(ExitCode.USAGE, "--guest", "one, two");
    }
    ferryAt(nodes, "guest", "pause").refused(ExitCode.USAGE, "--guest", "one, two");
    ferryAt(nodes, "guest", "pause", "--guest=three").refused(ExitCode.REFUSED, "one, two");
  }

  @Test
  void watchShowsALineForEachGuestAndEndsWhenNoMigrationIsUnderWay() {
    moveOneAndLoadThree();
    String lines = ferryAt(nodes, "watch", "--until-done").succeeded();
    assertThat(lines)
        .containsPattern("one +running +COMPLETED +.*100")
        .containsPattern("two +running\n")
        .containsPattern("three +paused\n");
  }

  @Test
  void watchAsJsonHasAllGuests() {
    moveOneAndLoadThree();
    String lines = ferryAt(nodes, "watch", "--until-done", "--output=json").succeeded();
    JsonObject look =
        JsonParser.parseString(lines.lines().findFirst().orElseThrow()).getAsJsonObject();
    assertThat(look.getAsJsonArray("sourceGuests")).hasSize(3);
    assertThat(look.getAsJsonArray("destinationGuests")).hasSize(1);
    assertThat(look.get("sourceFailure").getAsString()).isEmpty();
  }

  private void moveOneAndLoadThree() {
    ferryAt(nodes, "migrate", "--guest=one").succeeded();
    ferryAt(nodes, "guest", "load", "--program=kv", "--memory=4MiB", "--name=three").succeeded();
  }

  @Test
  void optionsThatWouldHaveNoEffectAreRefused() {
    ferryAt(nodes, "guest", "load", "--program=kv", "--guest=three")
        .refused(ExitCode.USAGE, "--name");
    ferryAt(nodes, "migrate", "--guest=one", "--parallel=2").refused(ExitCode.USAGE, "--all");
    ferryAt(nodes, "migrate", "--all", "--guest=one").refused(ExitCode.USAGE, "neither");
    ferryAt(nodes, "migrate", "--all", "--parallel=0").refused(ExitCode.USAGE, "at least 1");
  }

  @Test
  void digestsOfANodeThatIsAskedInBothPlacesAreNotCalledEqual() {
    String here = nodes.source().address();
    String sentence =
        ferry(
                "migrate",
                "--guest=one",
                "--source=" + here,
                "--dest=" + here,
                "--to=" + nodes.destination().address())
            .succeeded();
    assertThat(sentence).contains("has moved").doesNotContain("digests");
    assertThat(ferryAt(nodes, "migrate", "--guest=two").succeeded()).contains("digests equal");
  }
}
