package io.pageferry.cli.status;

import static io.pageferry.cli.FerryRun.ferry;
import static io.pageferry.cli.FerryRun.ferryAt;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.e2e.DaemonPair;
import io.pageferry.e2e.Guests;
import io.pageferry.proto.v1.UnloadGuestRequest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FaultsCommandTest {
  private static final long RAM_BASE = 0x8000_0000L;

  @Test
  void beforeAGuestHasComeThereAreNoFaults() {
    try (DaemonPair daemons = DaemonPair.start()) {
      ferryAt(daemons, "faults").refused(ExitCode.REFUSED, "has no guest");
    }
  }

  @Test
  void theSlowestFaultsAreListedSlowestFirstAlsoWhenTheGuestIsGone() {
    try (DaemonPair daemons = DaemonPair.start()) {
      daemons.run(Guests.program("smp", 2, 16, 1).build());
      ferryAt(daemons, "migrate", "--drain-after", "300ms").succeeded();
      long all = daemons.destination().status().getMigration().getFaults();
      JsonObject answer = slowest(daemons, 7);
      assertThat(answer.get("faultCount").getAsLong()).isGreaterThanOrEqualTo(all).isPositive();
      JsonArray faults = answer.getAsJsonArray("faults");
      assertThat(faults).hasSize(7);
      List<Long> totals = new ArrayList<>();
      for (JsonElement element : faults) {
        JsonObject fault = element.getAsJsonObject();
        totals.add(nanos(fault, "total"));
        assertPartsAddUp(fault);
        assertThat(fault.get("guestPhysicalAddress").getAsLong() / 4096)
            .isEqualTo(RAM_BASE / 4096 + fault.get("page").getAsLong());
      }
      assertThat(totals).isSortedAccordingTo(Comparator.reverseOrder());
      var _ =
          daemons
              .destination()
              .call(stub -> stub.unloadGuest(UnloadGuestRequest.getDefaultInstance()));
      assertThat(slowest(daemons, 7).getAsJsonArray("faults")).isNotEmpty();
      assertThat(ferryAt(daemons, "faults").succeeded())
          .contains("The slowest 20 of", "queue", "resume", "0x80");
    }
  }

  private static JsonObject slowest(DaemonPair daemons, int count) {
    String json =
        ferryAt(daemons, "faults", "--slowest", "" + count, "--output", "json").succeeded();
    return JsonParser.parseString(json).getAsJsonObject();
  }

  private static long nanos(JsonObject fault, String part) {
    return fault.get(part + "Nanos").getAsLong();
  }

  private static void assertPartsAddUp(JsonObject fault) {
    if (!fault.get("origin").getAsString().equals("PAGE_ORIGIN_UNSPECIFIED")) {
      assertThat(
              nanos(fault, "queue")
                  + nanos(fault, "wire")
                  + nanos(fault, "install")
                  + nanos(fault, "resume"))
          .isEqualTo(nanos(fault, "total"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "101", "-1"})
  void onlyOneToAHundredCanBeAskedFor(String count) {
    ferry("faults", "--slowest=" + count).refused(ExitCode.USAGE, "between 1 and 100");
  }
}
