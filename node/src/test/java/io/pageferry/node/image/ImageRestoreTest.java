package io.pageferry.node.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pageferry.config.HostPort;
import io.pageferry.dest.pager.Pager;
import io.pageferry.dest.pager.PagerConfig;
import io.pageferry.dest.prefetch.PrefetchPolicy;
import io.pageferry.source.SourceConfig;
import io.pageferry.source.served.ServedImage;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An image at a source, a pager, and stand-ins for VMMs, which are processes of their own. */
@Timeout(value = 240, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ImageRestoreTest {
  private static final long BYTES = 48L << 20;
  private static final HostPort ANY = new HostPort("127.0.0.1", 0);

  @TempDir static Path shared;
  private static Path program = Path.of("");
  private static Path image = Path.of("");

  @TempDir Path directory;
  private final List<AutoCloseable> open = new ArrayList<>();

  @BeforeAll
  static void compile() throws Exception {
    program = Vmm.compile(shared);
    image = Vmm.image(shared, BYTES);
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable one : open.reversed()) {
      one.close();
    }
  }

  private ImageSourceDaemon source(HostPort listen) {
    ImageSourceDaemon source =
        new ImageSourceDaemon(
            ServedImage.open("test", image, List.of()), SourceConfig.DEFAULT, listen, ANY);
    open.add(source);
    source.start();
    return source;
  }

  private Path socket() {
    return directory.resolve("memory.socket");
  }

  private PagerConfig config(HostPort from, Duration drainAfter) throws IOException {
    int uid = ImageGuardMain.user();
    return new PagerConfig(
        from,
        "test",
        socket(),
        Set.of(uid),
        PrefetchPolicy.Kind.adaptive,
        drainAfter,
        4,
        Duration.ZERO,
        List.of());
  }

  private Pager pager(ImageSourceDaemon source, Duration drainAfter) throws IOException {
    Pager pager = new Pager(config(source.address(), drainAfter));
    open.add(pager);
    pager.start();
    return pager;
  }

  private Vmm vmm(String... options) throws IOException {
    Vmm vmm = Vmm.start(program, socket(), BYTES, options);
    open.add(vmm);
    return vmm;
  }

  private static void awaitCompleted(Pager pager, long restores) {
    await().atMost(60, TimeUnit.SECONDS).until(() -> pager.completed() == restores);
    assertThat(pager.active()).isZero();
  }

  @Test
  void everyByteOfALazyRestoreIsThatOfTheImage() throws Exception {
    Pager pager = pager(source(ANY), Duration.ZERO);
    assertThat(vmm("-r", "3", "-t", "2").output()).contains("verified");
    awaitCompleted(pager, 1);
    assertThat(pager.faults()).isPositive();
  }

  @Test
  void whatIsGivenBackMeanwhileStaysZero() throws Exception {
    Pager pager = pager(source(ANY), Duration.ZERO);
    assertThat(vmm("-b", "-t", "3").output()).contains("verified");
    awaitCompleted(pager, 1);
  }

  @Test
  void severalProcessesAreRestoredAtOnce() throws Exception {
    Pager pager = pager(source(ANY), Duration.ZERO);
    List<Vmm> vmms = List.of(vmm(), vmm("-b"), vmm("-r", "2"));
    for (Vmm vmm : vmms) {
      assertThat(vmm.output()).contains("verified");
    }
    awaitCompleted(pager, 3);
  }

  @Test
  void withoutADrainEveryPageComesByItsFault() throws Exception {
    Pager pager = pager(source(ANY), Duration.ofHours(1));
    assertThat(vmm("-o", "random", "-n", "3000").output()).contains("touch n=3000");
    assertThat(pager.faults()).isPositive();
  }

  @Test
  void aSourceThatIsRestartedIsFoundAgainAndAskedForTheRest() throws Exception {
    HostPort address;
    try (ServerSocket free = new ServerSocket(0)) {
      address = new HostPort("127.0.0.1", free.getLocalPort());
    }
    ImageSourceDaemon first = source(address);
    Pager pager = pager(first, Duration.ofHours(1));
    Vmm vmm = vmm("-W");
    await().atMost(20, TimeUnit.SECONDS).until(() -> pager.taken() == 1);
    first.close();

    source(address);
    vmm.go();

    assertThat(vmm.output()).contains("verified");
    awaitCompleted(pager, 1);
  }

  @Test
  void aProcessThatIsKilledIsForgotten() throws Exception {
    Pager pager = pager(source(ANY), Duration.ofHours(1));
    Vmm killed = vmm("-W");
    await().atMost(20, TimeUnit.SECONDS).until(() -> pager.taken() == 1);
    killed.kill();
    await().atMost(20, TimeUnit.SECONDS).until(() -> pager.active() == 0);
    assertThat(pager.completed()).isZero();
    try (var left = Files.list(directory)) {
      assertThat(left.filter(file -> file.toString().endsWith(".removed"))).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "overlap, overlap",
    "misaligned, base address",
    "size, of the",
    "page-size, page size",
    "socket, no userfaultfd",
    "many, fewer than",
    "garbage, no JSON list",
    "nothing, SCM_RIGHTS"
  })
  void aHostileHandOverIsRefusedWithItsReason(String attack, String reason) throws Exception {
    Pager pager = pager(source(ANY), Duration.ZERO);
    assertThat(vmm("-x", attack).output()).startsWith("refused: ").contains(reason);
    assertThat(pager.refused()).isEqualTo(1);
    assertThat(vmm().output()).contains("verified");
  }

  @Test
  void aPagerThatIsKilledIsReplacedWhereTheProcessKeepsItsDescriptor() throws Exception {
    ImageSourceDaemon source = source(ANY);
    PagerProcess first = PagerProcess.start(source.address(), socket(), "--guardian", "0s");
    open.add(first);
    Vmm vmm = vmm("-b", "-k", "-W");
    first.awaitLog("state=taken");
    first.kill();
    PagerProcess second = PagerProcess.start(source.address(), socket(), "--guardian", "0s");
    open.add(second);
    vmm.go();
    String output = vmm.output();
    String log = second.awaitLog("state=COMPLETED");
    assertThat(output).as(log).contains("verified").doesNotContain("handed_over=1");
  }

  @Test
  void aPagerThatIsKilledIsReplacedByOneThatGetsTheDescriptorFromTheGuardian() throws Exception {
    ImageSourceDaemon source = source(ANY);
    PagerProcess first = PagerProcess.start(source.address(), socket(), "--drain-after", "1h");
    open.add(first);
    Vmm vmm = vmm("-b", "-W", "-d");
    first.awaitLog("state=taken");
    first.kill();
    PagerProcess second = PagerProcess.start(source.address(), socket(), "--guardian", "1s");
    open.add(second);
    vmm.go();
    assertThat(vmm.output()).contains("verified");
    second.awaitLog("state=COMPLETED");
  }

  @Test
  void aProcessWhosePagerIsNotReplacedIsEndedByTheGuardian() throws Exception {
    ImageSourceDaemon source = source(ANY);
    PagerProcess pager =
        PagerProcess.start(
            source.address(), socket(), "--drain-after", "1h", "--guardian", "500ms");
    open.add(pager);
    Vmm vmm = vmm("-W", "-d");
    pager.awaitLog("state=taken");
    pager.kill();
    vmm.go();
    assertThat(vmm.awaitSignal()).isEqualTo(128 + 9);
  }
}
