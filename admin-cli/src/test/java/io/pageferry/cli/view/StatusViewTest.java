package io.pageferry.cli.view;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.client.StatusPair;
import io.pageferry.proto.v1.MigrationRef;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.Status;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatusViewTest {
  private static final String ID = "93ac065f-8976-4c71-ac64-95da26727057";
  private static final Status STATUS =
      Status.newBuilder()
          .setMigration(
              MigrationStatus.newBuilder()
                  .setMigration(MigrationRef.newBuilder().setMigrationId(ID)))
          .build();

  private static List<String> render(int width) {
    return StatusView.render(
        new StatusPair(STATUS, STATUS, "", ""),
        "127.0.0.1:7401",
        "127.0.0.1:7402",
        width,
        Palette.PLAIN);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 40, 80, 120, 1000})
  void whatIsLongerThanItsColumnIsStillApartFromTheNext(int width) {
    assertThat(render(width)).anyMatch(line -> line.matches("migration +" + ID + " +" + ID));
    assertThat(render(width))
        .anyMatch(line -> line.matches("address +127.0.0.1:7401 +127.0.0.1:7402"));
  }

  @Test
  void columnsBeginBelowEachOtherWhereTheyFit() {
    assertThat(render(120).stream().filter(line -> line.startsWith("address")))
        .singleElement()
        .asString()
        .startsWith("address       127.0.0.1:7401 ")
        .hasSize(14 + 44 + "127.0.0.1:7402".length());
  }
}
