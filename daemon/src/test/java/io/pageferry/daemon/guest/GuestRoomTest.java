package io.pageferry.daemon.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.pageferry.host.HostMemory;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a host of files: 2 GiB available, and a container's limit. */
class GuestRoomTest {
  private static final long MIB = 1 << 20;

  @TempDir private Path root = Path.of("");

  @BeforeEach
  void makeHost() throws IOException {
    write("proc/meminfo", "MemTotal: 4194304 kB\nMemAvailable: 2097152 kB\n");
    write("proc/self/cgroup", "0::/\n");
  }

  private void write(String path, String text) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.resolveSibling("."));
    Files.writeString(file, text);
  }

  private void limit(long limit, long current) throws IOException {
    write("sys/fs/cgroup/memory.max", limit * MIB + "\n");
    write("sys/fs/cgroup/memory.current", current * MIB + "\n");
  }

  private void require(long mebibytes) {
    new GuestRoom(HostMemory.under(root), "source").require("big", mebibytes * MIB, 0);
  }

  private String refusal(long mebibytes) {
    PageFerryException refused =
        catchThrowableOfType(PageFerryException.class, () -> require(mebibytes));
    assertThat(refused).isNotNull();
    assertThat(refused.code()).isEqualTo(ErrorCode.INSUFFICIENT_MEMORY);
    return refused.getMessage();
  }

  @Test
  void aGuestThatLeavesTheDaemonItsReserveFits() throws IOException {
    limit(512, 160);
    assertThatCode(() -> require(280)).doesNotThrowAnyException();
  }

  @Test
  void aGuestThatFitsTheLimitButNotTheDaemonBesideItIsRefused() throws IOException {
    limit(512, 160);
    assertThat(refusal(300))
        .contains("Guest big needs 300MiB", "the source has", "limit is 512MiB", "352MiB are free")
        .contains("raise the limit by 13MiB")
        .endsWith(".");
  }

  @Test
  void withoutALimitTheSentenceIsAboutTheHost() {
    assertThat(refusal(2040))
        .contains("its host has 4GiB", "of which 2GiB are free", "another host");
  }

  @Test
  void aSizeBeyondAllBoundsIsRefusedTooWithoutOverflow() {
    PageFerryException refused =
        catchThrowableOfType(
            PageFerryException.class,
            () -> new GuestRoom(HostMemory.under(root), "source").require("x", Long.MAX_VALUE, 0));
    assertThat(refused.code()).isEqualTo(ErrorCode.INSUFFICIENT_MEMORY);
  }
}
