package io.pageferry.daemon.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.pageferry.config.DataSize;
import io.pageferry.daemon.process.Readiness;
import io.pageferry.host.HostMemory;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.ExecutionFence;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which guests there are, and whether there is room for one more. */
class GuestRegistryTest {
  private static final long MIB = 1 << 20;

  @TempDir private Path host = Path.of("");
  private final Readiness readiness = new Readiness();
  private final List<GuestRegistry> registries = new ArrayList<>();

  @BeforeEach
  void makeHost() throws IOException {
    Files.createDirectories(host.resolve("proc/self"));
    Files.writeString(host.resolve("proc/self/cgroup"), "0::/\n");
    available(1024);
  }

  @AfterEach
  void close() {
    registries.forEach(GuestRegistry::close);
  }

  private void available(long mebibytes) throws IOException {
    Files.writeString(
        host.resolve("proc/meminfo"),
        "MemTotal: 4194304 kB\nMemAvailable: %d kB\n".formatted(mebibytes << 10));
  }

  private GuestRegistry registry(GuestLimits limits) {
    GuestRegistry registry = new GuestRegistry("node", limits, HostMemory.under(host), readiness);
    registries.add(registry);
    return registry;
  }

  private GuestRegistry registry() {
    return registry(GuestLimits.DEFAULT);
  }

  private static GuestEntry load(GuestRegistry registry, String name) {
    try (var room = registry.reserve(name, "program", MIB)) {
      return room.keep(TestGuests.guest(ExecutionFence.held(1)));
    }
  }

  private static ErrorCode refusal(Runnable call) {
    PageFerryException refused = catchThrowableOfType(PageFerryException.class, call::run);
    assertThat(refused).as("a refusal").isNotNull();
    return refused.code();
  }

  private static MigrationKey key() {
    return new MigrationKey(UUID.randomUUID(), UUID.randomUUID(), 2);
  }

  @Test
  void aGuestWithoutANameGetsOneThatIsFree() {
    GuestRegistry registry = registry();
    assertThat(load(registry, "").name()).isEqualTo("program");
    assertThat(load(registry, "").name()).isEqualTo("program-2");
    assertThat(load(registry, "").name()).isEqualTo("program-3");
    assertThat(refusal(() -> load(registry, "program-2"))).isEqualTo(ErrorCode.GUEST_EXISTS);
  }

  @Test
  void theOnlyGuestNeedsNoNamingAndOneOfSeveralDoes() {
    GuestRegistry registry = registry();
    assertThat(refusal(() -> registry.find(""))).isEqualTo(ErrorCode.NO_GUEST);
    GuestEntry one = load(registry, "one");
    assertThat(registry.find("")).isSameAs(one);
    GuestEntry two = load(registry, "two");
    assertThat(refusal(() -> registry.find(""))).isEqualTo(ErrorCode.AMBIGUOUS_GUEST);
    assertThat(registry.find("two")).isSameAs(two);
    assertThat(registry.find(one.id().toString())).isSameAs(one);
    assertThat(refusal(() -> registry.find("three"))).isEqualTo(ErrorCode.NO_GUEST);
    assertThat(registry.unload(one, false)).isEmpty();
    assertThat(registry.find("")).isSameAs(two);
    assertThat(refusal(() -> registry.unload(one, false))).isEqualTo(ErrorCode.NO_GUEST);
  }

  @Test
  void twoThatComeAtTheSameTimeAreNotPromisedTheSameMemory() throws IOException {
    available(600);
    GuestRegistry registry = registry();
    try (var first = registry.reserve(key(), "first", 400 * MIB)) {
      assertThat(refusal(() -> registry.reserve(key(), "second", 400 * MIB)))
          .isEqualTo(ErrorCode.INSUFFICIENT_MEMORY);
      assertThat(first.name()).isEqualTo("first");
    }
    registry.reserve(key(), "second", 400 * MIB).close();
  }

  @Test
  void aGuestThatHasNotFilledItsMemoryKeepsItsPromise() throws IOException {
    GuestRegistry registry = registry();
    var _ = load(registry, "small");
    available(65);
    // Of the mebibyte that is left beside the daemon's own needs, the first guest has it all.
    assertThat(refusal(() -> load(registry, "other"))).isEqualTo(ErrorCode.INSUFFICIENT_MEMORY);
  }

  @Test
  void limitsHoldForWhatIsReserved() {
    GuestRegistry registry = registry(new GuestLimits(2, DataSize.ofMebibytes(8), 1, 1));
    try (var coming = registry.reserve(key(), "coming", 4 * MIB)) {
      assertThat(coming.name()).isEqualTo("coming");
      assertThat(refusal(() -> registry.reserve(key(), "late", MIB)))
          .isEqualTo(ErrorCode.TOO_MANY_MIGRATIONS);
      assertThat(refusal(() -> registry.reserve("large", "program", 5 * MIB)))
          .isEqualTo(ErrorCode.INSUFFICIENT_MEMORY);
      var _ = load(registry, "one");
      assertThat(refusal(() -> load(registry, "two"))).isEqualTo(ErrorCode.TOO_MANY_GUESTS);
    }
    var _ = load(registry, "two");
  }

  @Test
  void oneMigrationBeginsWhereOneMayLeave() throws Exception {
    GuestRegistry registry = registry(new GuestLimits(2, DataSize.ofMebibytes(8), 1, 1));
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Thread first =
        Thread.ofVirtual()
            .start(() -> {
              String _ =
                  registry.depart(() -> {
                    begun.countDown();
                    try {
                      goOn.await();
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    }
                    return "";
                  });
            });
    begun.await();
    assertThat(refusal(() -> registry.depart(() -> ""))).isEqualTo(ErrorCode.TOO_MANY_MIGRATIONS);
    goOn.countDown();
    first.join();
    assertThat(registry.<String>depart(() -> "left")).isEqualTo("left");
  }

  @Test
  void aDaemonThatIsAboutToEndTakesNoGuest() {
    GuestRegistry registry = registry();
    var room = registry.reserve("one", "program", MIB);
    readiness.stopping();
    try (HostedGuest guest = TestGuests.guest(ExecutionFence.held(1));
        room) {
      assertThat(refusal(() -> room.keep(guest))).isEqualTo(ErrorCode.SHUTTING_DOWN);
    }
    assertThat(registry.all()).isEmpty();
    assertThat(refusal(() -> load(registry, "two"))).isEqualTo(ErrorCode.SHUTTING_DOWN);
  }
}
