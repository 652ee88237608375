package io.pageferry.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.proto.v1.DigestGuestResponse;
import io.pageferry.proto.v1.PauseGuestRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SHA-256 of all bytes at both ends: a witness that shares nothing with the image digest. */
class ByteForByteTest {
  @Test
  void aPausedGuestHasTheSameSha256OfMemoryAndStateAtBothEnds() {
    try (DaemonPair daemons = DaemonPair.start()) {
      daemons.run(Guests.program("smp", 4, 16, 7).build());
      daemons.awaitInstructions(3_000_000);
      pause(daemons);
      DigestGuestResponse before = DaemonPair.digest(daemons.source());
      var _ = daemons.migrate();
      assertThat(DaemonPair.digest(daemons.destination())).isEqualTo(before);
      DaemonPair.resume(daemons.destination());
      assertThat(DaemonPair.verdict(daemons.destination())).startsWith("PASS smp");
    }
  }

  @Test
  void theFileBehindTheSourcesMemoryHasTheSha256OfTheDestinationsMemory(@TempDir Path directory)
      throws Exception {
    Path file = directory.resolve("guest.ram");
    try (DaemonPair daemons = DaemonPair.start()) {
      daemons.run(Guests.program("kv", 1, 8, 11).setBackingFile(file.toString()).build());
      daemons.awaitInstructions(3_000_000);
      pause(daemons);
      byte[] bytes = Files.readAllBytes(file);
      String expected =
          HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
      var _ = daemons.migrate();
      assertThat(DaemonPair.digest(daemons.destination()).getMemorySha256()).isEqualTo(expected);
    }
  }

  private static void pause(DaemonPair daemons) {
    var _ = daemons.source().call(stub -> stub.pauseGuest(PauseGuestRequest.getDefaultInstance()));
  }
}
