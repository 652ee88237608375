package io.pageferry.e2e;

import static io.pageferry.cli.FerryRun.ferry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pageferry.cli.FerryRun;
import io.pageferry.config.cli.ExitCode;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Guests that cannot go on: whoever asks is told why. */
class FailedGuestTest {
  @TempDir private Path directory = Path.of("");

  private JavaProgram source;
  private String address = "";

  @BeforeEach
  void startASource() throws Exception {
    source = JavaProgram.source(directory);
    address = source.awaitAddress();
  }

  @AfterEach
  void kill() {
    source.close();
  }

  private FerryRun at(String... arguments) {
    String[] all = new String[arguments.length + 2];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    all[arguments.length] = "--source=" + address;
    all[arguments.length + 1] = "--timeout=60s";
    return ferry(all);
  }

  private void awaitReason(String reason) {
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() ->
            assertThat(at("status", "--output=json").succeeded())
                .contains("GUEST_STATE_SHUTDOWN", reason));
    assertThat(at("status").out().replaceAll("\\s+", " ")).contains(" failed ", reason);
    FerryRun console = at("guest", "console", "--follow");
    assertThat(console.exitCode()).isEqualTo(ExitCode.GUEST_LOST.number());
    assertThat(console.err()).contains("The guest has failed", reason);
    at("guest", "start").refused(ExitCode.REFUSED, "has failed", reason);
  }

  @Test
  void aGuestThatJumpsToWhereNothingIsSaysSo() throws Exception {
    // jalr zero, 64(zero)
    Path image = Files.write(directory.resolve("image"), new byte[] {0x67, 0, 0, 4});
    var _ = at("guest", "load", "--memory=4MiB", "--image=" + image).succeeded();
    var _ = at("guest", "start").succeeded();
    awaitReason("The guest is lost");
  }

  @Test
  void aGuestWhoseBackingFileIsCutShortSaysSo() throws Exception {
    Path file = directory.resolve("ram");
    var _ =
        at("guest", "load", "--program=touch", "--memory=16MiB", "--backing-file=" + file)
            .succeeded();
    var _ = at("guest", "start").succeeded();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      var _ = channel.truncate(0);
    }
    awaitReason("a backing file was cut short");
    assertThat(source.isAlive()).isTrue();
  }
}
