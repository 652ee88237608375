package io.pageferry.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pageferry.guest.MachineSpec;
import io.pageferry.memory.PageGeometry;
import io.pageferry.proto.v1.DigestGuestResponse;
import io.pageferry.proto.v1.PauseGuestRequest;
import io.pageferry.proto.v1.PoisonPageRequest;
import io.pageferry.proto.v1.UnpoisonPagesRequest;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pages whose data is lost: the guest hears of it at that access, and the rest runs on. */
class LostPagesTest {
  private static final int MEBIBYTES = 16;
  private static final long PAGES = ((long) MEBIBYTES << 20) / PageGeometry.PAGE_SIZE;

  private static void pause(DaemonPair daemons) {
    var _ = daemons.source().call(stub -> stub.pauseGuest(PauseGuestRequest.getDefaultInstance()));
  }

  private static PoisonPageRequest page(long page) {
    return PoisonPageRequest.newBuilder()
        .setGuestPhysicalAddress(MachineSpec.RAM_BASE + PageGeometry.bytes(page))
        .build();
  }

  @Test
  void poisonTravelsAndEndsOnlyWhenItIsCleared() {
    try (DaemonPair daemons = DaemonPair.start()) {
      daemons.run(Guests.program("touch", 1, MEBIBYTES, 7).build());
      daemons.awaitInstructions(3_000_000);
      var _ = daemons.source().call(stub -> stub.poisonPage(page(PAGES - 1)));
      var _ = daemons.source().call(stub -> stub.poisonPage(page(PAGES / 2)));
      var _ = daemons.migrate();
      assertThat(daemons.destination().status().getGuest().getPoisonedPages()).isEqualTo(2);
      var cleared =
          daemons
              .destination()
              .call(stub ->
                  stub.unpoisonPages(
                      UnpoisonPagesRequest.newBuilder()
                          .addGuestPhysicalAddress(
                              MachineSpec.RAM_BASE + PageGeometry.bytes(PAGES - 1))
                          .build()));
      assertThat(cleared.getUnpoisonedPages()).isEqualTo(1);
      assertThat(cleared.getPoisonedPages()).isEqualTo(1);
      cleared =
          daemons
              .destination()
              .call(stub -> stub.unpoisonPages(UnpoisonPagesRequest.getDefaultInstance()));
      assertThat(cleared.getPoisonedPages()).isZero();
    }
  }

  @Test
  void aGuestRunsOnAfterAMachineCheckAndSaysHowManyAccessesItLost() throws Exception {
    try (DaemonPair daemons = DaemonPair.start()) {
      daemons.run(Guests.program("touch", 1, MEBIBYTES, 7).build());
      daemons.awaitInstructions(3_000_000);
      var _ = daemons.source().call(stub -> stub.poisonPage(page(PAGES - 1)));
      var _ = daemons.migrate();
      long before = DaemonPair.instructions(daemons.destination().status().getGuest());
      org.awaitility.Awaitility.await()
          .until(() ->
              DaemonPair.instructions(daemons.destination().status().getGuest())
                  > before + 3_000_000);
      assertThat(DaemonPair.lastWords(daemons.destination())).contains(" accesses lost");
    }
  }

  @Test
  void whatTheSourceCannotReadIsLostAndNothingElseIs(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("guest.ram");
    try (DaemonPair daemons = DaemonPair.start()) {
      daemons.run(
          Guests.program("touch", 1, MEBIBYTES, 11).setBackingFile(file.toString()).build());
      daemons.awaitInstructions(3_000_000);
      pause(daemons);
      DigestGuestResponse before = DaemonPair.digest(daemons.source());
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(PageGeometry.bytes(PAGES - 5));
      }
      var _ = daemons.migrate();
      assertThat(daemons.destination().status().getGuest().getPoisonedPages()).isEqualTo(5);
      assertThat(DaemonPair.digest(daemons.destination()).getStateSha256())
          .isEqualTo(before.getStateSha256());
      DaemonPair.resume(daemons.destination());
      assertThat(DaemonPair.lastWords(daemons.destination())).isNotEmpty();
    }
  }

  @Test
  void anAddressOutsideTheGuestsMemoryIsRefused() {
    try (DaemonPair daemons = DaemonPair.start()) {
      daemons.load(Guests.program("touch", 1, MEBIBYTES, 7).build());
      assertThatThrownBy(
              () -> {
                var _ = daemons.source().call(stub -> stub.poisonPage(page(PAGES)));
              })
          .hasMessageContaining("has no memory at 0x81000000");
    }
  }
}
