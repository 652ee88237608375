package io.pageferry.monitoring;

import static io.pageferry.architecture.OperationsPage.bare;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonObject;
import io.pageferry.architecture.OperationsPage;
import io.pageferry.client.StatusPair;
import io.pageferry.e2e.DaemonPair;
import io.pageferry.e2e.Guests;
import io.pageferry.proto.v1.Distribution;
import io.pageferry.proto.v1.Role;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What both daemons answer to Prometheus once a guest has moved, and who relies on it. */
class LiveMetricsTest {
  private static final int VCPUS = 2;
  private static final int MEBIBYTES = 16;
  private static final long BOOTED = 4_000_000;
  private static final DaemonPair DAEMONS = DaemonPair.start();

  private static StatusPair end;
  private static Scrape source;
  private static Scrape destination;

  @BeforeAll
  static void moveAGuest() throws Exception {
    DAEMONS.run(Guests.program("smp", VCPUS, MEBIBYTES, 1).build());
    DAEMONS.awaitInstructions(BOOTED);
    end = DAEMONS.migrate();
    // Pauses are counted from the first one on, and by a listener.
    System.gc();
    await().until(() -> scrape(Role.ROLE_SOURCE).text().contains("jvm_gc_pause_seconds_count"));
    await()
        .until(() -> scrape(Role.ROLE_DESTINATION).text().contains("jvm_gc_pause_seconds_count"));
    source = scrape(Role.ROLE_SOURCE);
    destination = scrape(Role.ROLE_DESTINATION);
  }

  @AfterAll
  static void stop() {
    DAEMONS.close();
  }

  private static Scrape scrape(Role role) throws IOException, InterruptedException {
    return Scrape.of(DAEMONS.metricsAddress(role));
  }

  @Test
  void promtoolHasNothingToSayAboutNamesAndUnits() throws Exception {
    Promtool.accepts(source.text(), "check", "metrics");
    Promtool.accepts(destination.text(), "check", "metrics");
  }

  @Test
  void theOperationsPageListsWhatTheDaemonsExportAndNothingElse() throws IOException {
    assertThat(exported(source)).as("source").isEqualTo(listed("source"));
    assertThat(exported(destination)).as("destination").isEqualTo(listed("destination"));
  }

  private static Map<String, String> exported(Scrape scrape) {
    Map<String, String> metrics = new TreeMap<>(scrape.signatures());
    // Of a collector that works beside the program: this JVM may have one, the daemons do not.
    metrics.keySet().removeIf(name -> name.startsWith("jvm_gc_concurrent_phase_time"));
    return metrics;
  }

  private static Map<String, String> listed(String daemon) throws IOException {
    return OperationsPage.rows("## Metrics")
        .filter(row -> row.size() == 7)
        .filter(row -> row.get(2).equals("both") || row.get(2).equals(daemon))
        .collect(
            Collectors.toMap(
                row -> bare(row.getFirst()),
                row -> (row.get(1) + " " + bare(row.get(3)).replace("–", "")).strip(),
                (first, second) -> first,
                TreeMap::new));
  }

  @Test
  void faultLatencyIsCountedInBucketsFromFiveMicrosecondsToTenSeconds() {
    List<String> edges = new ArrayList<>();
    List<Double> counts = new ArrayList<>();
    for (Scrape.Sample sample : destination.samples()) {
      if (sample.name().equals("pageferry_fault_latency_seconds_bucket")
          && "total".equals(sample.labels().get("part"))) {
        edges.add(sample.labels().get("le"));
        counts.add(sample.value());
      }
    }
    assertThat(edges)
        .containsExactly(
            ("5.0E-6 1.0E-5 2.0E-5 5.0E-5 1.0E-4 2.0E-4 5.0E-4 0.001 0.002 0.005 0.01 0.02 0.05 0.1"
                    + " 0.2 0.5 1.0 2.0 5.0 10.0 +Inf")
                .split(" ", -1));
    Distribution total = end.destinationMigration().orElseThrow().getFaultLatency().getTotal();
    assertThat(total.getCount()).isPositive();
    assertThat(counts).isSorted().last().isEqualTo((double) total.getCount());
    assertThat(destination.value("pageferry_fault_latency_seconds_sum{part=\"total\"}"))
        .isEqualTo(total.getMean() * total.getCount() / 1e9, offset(1e-9));
  }

  @Test
  void theGuestsInstructionsAreCountedWhereTheyWereRetired() {
    long there = DaemonPair.instructions(DAEMONS.source().status().getGuest());
    assertThat(source.value("pageferry_guest_instructions_total")).isEqualTo((double) there);
    long whole = DaemonPair.instructions(DAEMONS.destination().status().getGuest());
    assertThat(destination.value("pageferry_guest_instructions_total"))
        .isPositive()
        .isLessThanOrEqualTo((double) whole - there);
  }

  @Test
  void downtimeIsTheSourcesPartAndTheFirstInstructionTheDestinations() {
    assertThat(source.value("pageferry_downtime_seconds"))
        .isEqualTo(end.sourceMigration().orElseThrow().getDowntimeNanos() / 1e9)
        .isPositive();
    assertThat(destination.value("pageferry_first_instruction_seconds"))
        .isEqualTo(end.destinationMigration().orElseThrow().getFirstInstructionNanos() / 1e9)
        .isPositive();
  }

  @Test
  void whatAlertsAskForExists() throws IOException {
    for (AlertRules.Rule alert : AlertRules.all()) {
      assertFindsSamples(alert.name(), alert.expression());
    }
  }

  @Test
  void whatTheDashboardAsksForExists() throws IOException {
    for (JsonObject panel : Dashboard.panels()) {
      for (String expression : Dashboard.expressions(panel)) {
        assertFindsSamples(panel.get("title").getAsString(), expression);
      }
    }
  }

  /** {@code up} is Prometheus' own. */
  private static void assertFindsSamples(String who, String expression) {
    assertThat(PromQl.selectors(expression))
        .as("metrics of %s", who)
        .isNotEmpty()
        .allSatisfy(selector ->
            assertThat(
                    selector.metric().equals("up")
                        || source.samples().stream().anyMatch(selector::matches)
                        || destination.samples().stream().anyMatch(selector::matches))
                .as("%s asks for %s, which no daemon exports", who, selector.metric())
                .isTrue());
  }
}
