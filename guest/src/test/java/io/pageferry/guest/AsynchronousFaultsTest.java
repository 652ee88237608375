package io.pageferry.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.pageferry.guest.VcpuExit.Access;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AsynchronousFaultsTest {
  private static final int CAPACITY = 4;

  private final AsynchronousFaults queue = new AsynchronousFaults(CAPACITY);
  private final List<WaitingDevice> devices = new ArrayList<>();

  /** A device that needs one page, and waits for it on a thread of its own. */
  private final class WaitingDevice {
    private final AtomicBoolean present = new AtomicBoolean();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final Thread thread;

    WaitingDevice(long page) {
      thread = Thread.ofPlatform().daemon().start(() -> waitFor(page));
      devices.add(this);
    }

    private void waitFor(long page) {
      try {
        queue.await(fault(page), present::get);
      } catch (IllegalStateException e) {
        failure.set(e);
      }
    }

    void bring() {
      present.set(true);
      queue.resolved();
    }

    boolean goesOn() throws InterruptedException {
      return thread.join(Duration.ofSeconds(30));
    }
  }

  @AfterEach
  void letDevicesGo() {
    devices.forEach(WaitingDevice::bring);
  }

  private static AsynchronousFault fault(long page) {
    return new AsynchronousFault(0, page, 0x8000_0000L + page * 4096, Access.READ);
  }

  private void awaitSize(int size) {
    await().atMost(Duration.ofSeconds(30)).until(() -> queue.size() == size);
  }

  private WaitingDevice posted(long page) {
    int before = queue.size();
    WaitingDevice device = new WaitingDevice(page);
    awaitSize(before + 1);
    return device;
  }

  private List<Long> readAll() {
    List<Long> pages = new ArrayList<>();
    var _ = queue.read(fault -> pages.add(fault.page()));
    return pages;
  }

  @Test
  void aFaultIsReadOnceAndItsDeviceGoesOnWhenItIsResolved() throws Exception {
    WaitingDevice device = posted(7);
    assertThat(readAll()).containsExactly(7L);
    assertThat(readAll()).isEmpty();
    assertThat(device.thread.isAlive()).isTrue();
    device.bring();
    assertThat(device.goesOn()).isTrue();
    assertThat(queue.size()).isZero();
  }

  @Test
  void faultsAreReadOldestFirst() {
    LongStream.of(9, 3, 5).forEach(this::posted);
    assertThat(readAll()).containsExactly(9L, 3L, 5L);
  }

  @Test
  void twoFaultsAboutOnePageAreQueuedOnceAndBothDevicesGoOn() throws Exception {
    WaitingDevice one = posted(7);
    WaitingDevice other = new WaitingDevice(7);
    await().until(() -> other.thread.getState() == Thread.State.WAITING);
    assertThat(readAll()).containsExactly(7L);
    one.present.set(true);
    other.bring();
    assertThat(one.goesOn()).isTrue();
    assertThat(other.goesOn()).isTrue();
  }

  @Test
  void aReaderWithASmallBufferGetsTheRestNextTime() {
    LongStream.of(1, 2, 3).forEach(this::posted);
    List<Long> small = new ArrayList<>();
    int moved = queue.read(fault -> small.size() < 2 && small.add(fault.page()));
    assertThat(moved).isEqualTo(2);
    assertThat(small).containsExactly(1L, 2L);
    assertThat(readAll()).containsExactly(3L);
  }

  @Test
  void aReaderWithoutRoomLosesNothing() {
    var _ = posted(1);
    assertThat(queue.read(fault -> false)).isZero();
    assertThat(readAll()).containsExactly(1L);
  }

  @Test
  void aReaderThatFailsHalfWayLosesNothing() {
    LongStream.of(1, 2, 3).forEach(this::posted);
    List<Long> taken = new ArrayList<>();
    assertThatThrownBy(() ->
            queue.read(fault -> {
              if (taken.size() == 2) {
                throw new IllegalArgumentException("bad address");
              }
              return taken.add(fault.page());
            }))
        .hasMessage("bad address");
    assertThat(queue.size()).isEqualTo(3);
    assertThat(readAll()).containsExactly(1L, 2L, 3L);
  }

  @Test
  void aBadBufferLosesNothing() {
    var _ = posted(1);
    List<AsynchronousFault> immutable = List.of();
    assertThatThrownBy(() -> queue.read(immutable::add))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThat(readAll()).containsExactly(1L);
  }

  @Test
  void aFaultThatIsBeingReadIsNeitherLostNorReadTwice() {
    var _ = posted(1);
    List<Long> pages = new ArrayList<>();
    var _ =
        queue.read(fault -> {
          var _ = posted(2);
          return pages.add(fault.page());
        });
    assertThat(pages).containsExactly(1L);
    assertThat(readAll()).containsExactly(2L);
  }

  @Test
  void twoReadersAtOnceAreRefused() {
    var _ = posted(1);
    assertThatThrownBy(() -> queue.read(fault -> queue.read(other -> true) > 0))
        .isInstanceOf(IllegalStateException.class);
    assertThat(readAll()).containsExactly(1L);
  }

  @Test
  void aFullQueueMakesTheDeviceWaitForRoom() throws Exception {
    LongStream.range(0, CAPACITY).forEach(this::posted);
    WaitingDevice late = new WaitingDevice(99);
    await().until(() -> late.thread.getState() == Thread.State.WAITING);
    assertThat(queue.size()).isEqualTo(CAPACITY);
    List<Long> one = new ArrayList<>();
    assertThat(queue.read(fault -> one.isEmpty() && one.add(fault.page()))).isEqualTo(1);
    awaitSize(CAPACITY);
    assertThat(readAll()).containsExactly(1L, 2L, 3L, 99L);
    late.bring();
    assertThat(late.goesOn()).isTrue();
  }

  @Test
  void aDeviceThatHasToStopLeavesAFullQueue() throws Exception {
    LongStream.range(0, CAPACITY).forEach(this::posted);
    WaitingDevice late = new WaitingDevice(99);
    await().until(() -> late.thread.getState() == Thread.State.WAITING);
    late.present.set(true);
    queue.wakeDevices();
    assertThat(late.goesOn()).isTrue();
    assertThat(readAll()).doesNotContain(99L);
  }

  @Test
  void aReaderSleepsUntilTheSignal() throws Exception {
    AtomicBoolean signalled = new AtomicBoolean();
    Thread reader = Thread.ofPlatform().daemon().start(() -> signalled.set(queue.awaitFaults()));
    await().until(() -> reader.getState() == Thread.State.WAITING);
    var _ = posted(1);
    assertThat(reader.join(Duration.ofSeconds(30))).isTrue();
    assertThat(signalled).isTrue();
  }

  @Test
  void theEndOfReadingWakesTheReader() throws Exception {
    Thread reader = Thread.ofPlatform().daemon().start(queue::awaitFaults);
    await().until(() -> reader.getState() == Thread.State.WAITING);
    queue.endReading();
    assertThat(reader.join(Duration.ofSeconds(30))).isTrue();
    assertThat(queue.awaitFaults()).isFalse();
  }

  @Test
  void devicesFailOnceNobodyResolves() throws Exception {
    WaitingDevice waiting = posted(1);
    queue.fail(new IllegalArgumentException("a defect"));
    WaitingDevice late = new WaitingDevice(2);
    for (WaitingDevice device : List.of(waiting, late)) {
      assertThat(device.goesOn()).isTrue();
      assertThat(device.failure.get()).hasMessageContaining("a defect");
    }
  }

  @Test
  void nobodySpinsWhileNothingHappens() throws Exception {
    WaitingDevice device = posted(1);
    assertThat(readAll()).containsExactly(1L);
    Thread reader = Thread.ofPlatform().daemon().start(queue::awaitFaults);
    await().until(() -> reader.getState() == Thread.State.WAITING);
    long before = cpuNanos(device.thread) + cpuNanos(reader);
    Thread.sleep(300);
    long used = cpuNanos(device.thread) + cpuNanos(reader) - before;
    queue.endReading();
    assertThat(Duration.ofNanos(used)).isLessThan(Duration.ofMillis(3));
  }

  private static long cpuNanos(Thread thread) {
    return ManagementFactory.getThreadMXBean().getThreadCpuTime(thread.threadId());
  }

  @Test
  void eachWaitIsMeasured() throws Exception {
    LongAdder nanos = new LongAdder();
    queue.recordLatencies(nanos::add);
    WaitingDevice device = posted(1);
    Thread.sleep(20);
    device.bring();
    assertThat(device.goesOn()).isTrue();
    assertThat(nanos.sum()).isGreaterThan(20_000_000);
  }
}
