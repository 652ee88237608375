package io.pageferry.userfaultfd;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.SlotLayout;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.opentest4j.TestAbortedException;

/** On memory of this process and the kernel's own userfaultfd. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class UserfaultfdTest {
  private static final int PAGES = 64;
  private static final long PAGE = PageGeometry.bytes(1);

  private final GuestMemory memory =
      GuestMemory.anonymous(List.of(new SlotLayout(0, 0, PAGES * PAGE)));
  private final GuestMemory staging =
      GuestMemory.anonymous(List.of(new SlotLayout(0, 0, PAGES * PAGE)));
  private final MemorySlot slot = memory.slots().getFirst();
  private final MemorySegment bytes = slot.segment();
  private final long base = slot.hostAddress();
  private final long source = staging.slots().getFirst().hostAddress();
  private final Userfaultfd userfaultfd = openOrSkip();
  private final UserfaultCaller caller = new UserfaultCaller(userfaultfd);
  private final UserfaultEvents events = new UserfaultEvents(userfaultfd, 16);

  private static Userfaultfd openOrSkip() {
    try {
      return Userfaultfd.open(false);
    } catch (UserfaultUnavailableException e) {
      throw new TestAbortedException(e.getMessage(), e);
    }
  }

  @BeforeEach
  void registerMemory() {
    long offered = Userfaultfd.offeredFeatures();
    userfaultfd.handshake(
        offered
            & (UserfaultFeature.THREAD_ID
                | UserfaultFeature.EVENT_REMOVE
                | UserfaultFeature.EVENT_UNMAP
                | UserfaultFeature.POISON));
    userfaultfd.register(base, PAGES * PAGE, RegisterMode.MISSING);
    staging.slots().getFirst().segment().fill((byte) 7);
  }

  @AfterEach
  void close() {
    userfaultfd.close();
    userfaultfd.close();
    memory.close();
    staging.close();
  }

  private CompletableFuture<Byte> reader(long page) {
    return CompletableFuture.supplyAsync(
        () -> new NativeTouch().read(bytes, page * PAGE),
        task -> Thread.ofPlatform().daemon().start(task));
  }

  private void awaitEvent() {
    while (!events.await(1000, -1)) {
      Thread.onSpinWait();
    }
  }

  @Test
  void anAccessToAMissingPageWaitsUntilThePageIsCopied() throws Exception {
    CompletableFuture<Byte> read = reader(5);
    awaitEvent();
    assertThat(events.read()).isEqualTo(1);
    assertThat(events.kind(0)).isEqualTo(UserfaultEvents.Kind.PAGE_FAULT);
    assertThat(events.address(0)).isEqualTo(base + 5 * PAGE);
    assertThat(events.flags(0)).isZero();
    assertThat(events.threadId(0)).isPositive();
    assertThat(events.read()).isZero();
    assertThat(read).isNotDone();

    assertThat(caller.copy(base + 5 * PAGE, source, PAGE, true)).isEqualTo(PlaceResult.DONE);

    assertThat(read.get(10, TimeUnit.SECONDS)).isEqualTo((byte) 7);
  }

  @Test
  void aWriteIsToldFromARead() throws Exception {
    CompletableFuture<Void> write =
        CompletableFuture.runAsync(
            () -> new NativeTouch().write(bytes, 3 * PAGE + 1, (byte) 9),
            task -> Thread.ofPlatform().daemon().start(task));
    awaitEvent();
    assertThat(events.read()).isEqualTo(1);
    assertThat(events.flags(0) & UserfaultEvents.FLAG_WRITE).isNotZero();

    assertThat(caller.zero(base + 3 * PAGE, PAGE, true)).isEqualTo(PlaceResult.DONE);

    write.get(10, TimeUnit.SECONDS);
    assertThat(bytes.get(JAVA_BYTE, 3 * PAGE)).isZero();
    assertThat(bytes.get(JAVA_BYTE, 3 * PAGE + 1)).isEqualTo((byte) 9);
  }

  @Test
  void whoWaitsForAPageThatIsCopiedWithoutAWakeUpGoesOnAfterTheWakeUp() throws Exception {
    CompletableFuture<Byte> read = reader(8);
    awaitEvent();
    assertThat(events.read()).isEqualTo(1);

    assertThat(caller.copy(base + 8 * PAGE, source, PAGE, false)).isEqualTo(PlaceResult.DONE);
    Thread.sleep(50);
    assertThat(read).isNotDone();
    assertThat(caller.wake(base + 8 * PAGE, PAGE)).isEqualTo(PlaceResult.DONE);

    assertThat(read.get(10, TimeUnit.SECONDS)).isEqualTo((byte) 7);
  }

  @Test
  void aPageThatIsThereKeepsItsBytesAndTheRunEndsBeforeIt() {
    assertThat(caller.zero(base + 4 * PAGE, PAGE, false)).isEqualTo(PlaceResult.DONE);

    assertThat(caller.copy(base + PAGE, source, 8 * PAGE, false)).isEqualTo(PlaceResult.PRESENT);

    assertThat(caller.doneBytes()).isEqualTo(3 * PAGE);
    assertThat(bytes.get(JAVA_BYTE, 3 * PAGE)).isEqualTo((byte) 7);
    assertThat(bytes.get(JAVA_BYTE, 4 * PAGE)).isZero();
    assertThat(caller.zero(base + 2 * PAGE, PAGE, false)).isEqualTo(PlaceResult.PRESENT);
    assertThat(caller.doneBytes()).isZero();
  }

  @Test
  void memoryThatIsNotRegisteredIsRefused() {
    userfaultfd.unregister(base + 32 * PAGE, PAGE);

    assertThat(caller.copy(base + 32 * PAGE, source, PAGE, true)).isEqualTo(PlaceResult.UNMAPPED);
    assertThat(bytes.get(JAVA_BYTE, 32 * PAGE)).isZero();
  }

  @Test
  void lengthsThatAreNotThoseOfWholePagesAreErrors() {
    assertThatExceptionOfType(UserfaultException.class)
        .isThrownBy(() -> caller.copy(base, source, 100, true))
        .withMessageContaining("errno 22");
    assertThatExceptionOfType(UserfaultException.class)
        .isThrownBy(() -> userfaultfd.register(base + 1, PAGE, RegisterMode.MISSING));
    assertThatExceptionOfType(UserfaultException.class).isThrownBy(() -> userfaultfd.handshake(0));
  }

  @Test
  void memoryThatIsGivenBackIsAnEventWithoutWhichNothingCanBePutInPlace() throws Exception {
    assumeTrue((Userfaultfd.offeredFeatures() & UserfaultFeature.EVENT_REMOVE) != 0);
    assertThat(caller.copy(base, source, 16 * PAGE, false)).isEqualTo(PlaceResult.DONE);
    CompletableFuture<Void> removal =
        CompletableFuture.runAsync(
            () -> slot.discard(2, 4), task -> Thread.ofPlatform().daemon().start(task));
    awaitEvent();

    assertThat(caller.copy(base + 20 * PAGE, source, PAGE, false)).isEqualTo(PlaceResult.CHANGING);
    assertThat(removal).isNotDone();
    assertThat(events.read()).isEqualTo(1);
    assertThat(events.kind(0)).isEqualTo(UserfaultEvents.Kind.REMOVE);
    assertThat(events.start(0)).isEqualTo(base + 2 * PAGE);
    assertThat(events.endOrTarget(0)).isEqualTo(base + 6 * PAGE);

    removal.get(10, TimeUnit.SECONDS);
    assertThat(caller.copy(base + 20 * PAGE, source, PAGE, false)).isEqualTo(PlaceResult.DONE);
    CompletableFuture<Byte> read = reader(3);
    awaitEvent();
    assertThat(caller.zero(base + 3 * PAGE, PAGE, true)).isEqualTo(PlaceResult.DONE);
    assertThat(read.get(10, TimeUnit.SECONDS)).isZero();
  }

  @Test
  void aGarbageCollectionRunsWhileAThreadWaitsForAPage() throws Exception {
    CompletableFuture<Byte> read = reader(9);
    awaitEvent();

    System.gc();
    assertThat(read).isNotDone();

    assertThat(caller.copy(base + 9 * PAGE, source, PAGE, true)).isEqualTo(PlaceResult.DONE);
    assertThat(read.get(10, TimeUnit.SECONDS)).isEqualTo((byte) 7);
  }

  @Test
  void aWaitEndsAtItsTimeout() {
    assertThat(events.await(1, -1)).isFalse();
    assertThat(events.read()).isZero();
  }

  @Test
  void missingPagesReadAsZerosOnceTheDescriptorIsClosed() throws Exception {
    CompletableFuture<Byte> read = reader(1);
    awaitEvent();

    userfaultfd.close();

    assertThat(read.get(10, TimeUnit.SECONDS)).isZero();
  }

  @Test
  void copiesAndReadsAllocateNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long allocated = Long.MAX_VALUE;
    // Compiled code allocates nothing; how soon it is compiled is not ours to say.
    for (int attempt = 0; attempt < 200 && allocated > 0; attempt++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 1000; i++) {
        var _ = caller.copy(base, source, PAGE, true);
        var _ = events.read();
      }
      allocated = threads.getCurrentThreadAllocatedBytes() - before;
    }
    assertThat(allocated).isLessThan(1000);
  }

  @Test
  void aTouchCopiesSegmentsOfOneSizeOnly() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NativeTouch.copy(bytes.asSlice(0, 2), bytes.asSlice(0, 1)));
  }

  @Test
  void aRefusalSaysWhatToChange() {
    assertThat(new UserfaultUnavailableException(1, 13))
        .hasMessageContaining("vm.unprivileged_userfaultfd")
        .hasMessageContaining("/dev/userfaultfd")
        .hasMessageContaining("CAP_SYS_PTRACE")
        .hasMessageContaining("seccomp");
  }
}
