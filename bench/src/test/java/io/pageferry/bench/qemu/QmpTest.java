package io.pageferry.bench.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.pageferry.client.FerryException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QmpTest {
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final String STOP =
      "{\"timestamp\": {\"seconds\": 7, \"microseconds\": 250}, \"event\": \"STOP\"}\n";
  private static final String COMPLETED =
      "{\"timestamp\": {\"seconds\": 8, \"microseconds\": 1}, \"event\": \"MIGRATION\","
          + " \"data\": {\"status\": \"completed\"}}\n";

  @TempDir Path directory;

  private interface Conversation {
    void with(Qmp qmp) throws Exception;
  }

  private void talk(Conversation conversation, String... answers) throws Exception {
    Path socket = directory.resolve("qmp");
    try (ScriptedMonitor monitor = new ScriptedMonitor(socket, answers);
        Qmp qmp = Qmp.connect(socket)) {
      assertThat(monitor).isNotNull();
      conversation.with(qmp);
    }
  }

  @Test
  void anEventBeforeAReplyIsKeptAndTheReplyIsFound() throws Exception {
    talk(
        qmp -> {
          assertThat(qmp.call("query-status").getAsJsonObject().get("running").getAsBoolean())
              .isTrue();
          Qmp.Event event =
              qmp.awaitEvent(happened -> happened.name().equals("STOP"), Duration.ZERO)
                  .orElseThrow();
          assertThat(event.epochMicros()).isEqualTo(7_000_250);
          assertThat(event.data().size()).isZero();
        },
        STOP + "{\"return\": {\"running\": true}}\n",
        "");
  }

  @Test
  void repliesOfCommandsSentTogetherComeInTheirOrder() throws Exception {
    talk(
        qmp -> {
          List<JsonElement> results =
              qmp.callAll(
                  new Qmp.Command("first", new JsonObject()),
                  new Qmp.Command("second", new JsonObject()));
          assertThat(results).extracting(JsonElement::getAsInt).containsExactly(1, 2);
        },
        "{\"return\": 1}\n" + STOP,
        COMPLETED + "{\"return\": 2}\n");
  }

  @Test
  void anEventThatComesAfterTheReplyIsWaitedFor() throws Exception {
    talk(
        qmp -> {
          var _ = qmp.call("migrate");
          assertThat(
                  qmp.awaitEvent(event -> event.name().equals("MIGRATION"), LIMIT)
                      .orElseThrow()
                      .data()
                      .get("status")
                      .getAsString())
              .isEqualTo("completed");
        },
        "{\"return\": {}}\n" + STOP + COMPLETED,
        "");
  }

  @Test
  void anEventThatDoesNotComeIsEmptyAfterTheLimit() throws Exception {
    talk(
        qmp ->
            assertThat(qmp.awaitEvent(event -> event.name().equals("STOP"), Duration.ofMillis(50)))
                .isEmpty(),
        "");
  }

  @Test
  void aRefusedCommandIsAnErrorWithQemusReason() throws Exception {
    talk(
        qmp ->
            assertThatThrownBy(() -> qmp.call("migrate"))
                .isInstanceOf(FerryException.class)
                .hasMessageContaining("migrate is refused")
                .hasMessageContaining("no postcopy here"),
        "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no postcopy here\"}}\n",
        "");
  }

  @Test
  void aMonitorThatGoesAwayIsAnErrorAndNoWait() throws Exception {
    talk(
        qmp -> {
          assertThatThrownBy(() -> qmp.call("stop"))
              .isInstanceOf(FerryException.class)
              .hasMessageContaining("no answer to stop");
          assertThatThrownBy(() -> qmp.awaitEvent(event -> true, LIMIT))
              .isInstanceOf(FerryException.class)
              .hasMessageContaining("ended");
        },
        "");
  }
}
