package io.pageferry.dest.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pageferry.dest.install.Incoming;
import io.pageferry.dest.prefetch.Prefetch;
import io.pageferry.dest.prefetch.PrefetchPolicy;
import io.pageferry.dest.timing.FaultTimings;
import io.pageferry.guest.AsynchronousFault;
import io.pageferry.guest.AsynchronousFaults;
import io.pageferry.guest.VcpuExit.Access;
import io.pageferry.memory.PageGeometry;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How the pages come that a guest's device waits for. */
@Timeout(60)
class DeviceFaultsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int VCPUS = 1;

  private final Incoming incoming = new Incoming(64, new FaultWaiters(VCPUS));
  private final FaultTimings timings = new FaultTimings(VCPUS, true);
  private final FaultResolver resolver =
      new FaultResolver(incoming.guest, incoming.waiters, VCPUS, PrefetchPolicy.Kind.none, timings);
  private final NotingLane vcpuLane = new NotingLane();
  private final NotingLane deviceLane = new NotingLane();
  private final AsynchronousFaults queue = new AsynchronousFaults();
  private final AtomicBoolean paused = new AtomicBoolean();

  private final Thread faultThread;

  DeviceFaultsTest() {
    resolver.fetchOn(List.of(vcpuLane, deviceLane), failure -> {});
    resolver.asynchronousFaults(queue);
    resolver.startDeviceThread();
    faultThread =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().equals("fault-dma-0"))
            .max(Comparator.comparingLong(Thread::threadId))
            .orElseThrow();
  }

  @AfterEach
  void close() {
    paused.set(true);
    resolver.endDeviceThread();
    await().atMost(PATIENCE).until(() -> !faultThread.isAlive());
    incoming.close();
  }

  /** Notes what is asked for, and answers nothing by itself. */
  private static final class NotingLane implements PageFetcher {
    final List<Long> askedFor = new CopyOnWriteArrayList<>();
    volatile boolean lost;
    volatile boolean broken;

    @Override
    public long fetch(int slotId, long page, Prefetch prefetch, BooleanSupplier done) {
      if (broken) {
        throw new IllegalStateException("The lane is broken.");
      }
      ask(slotId, page, prefetch);
      await(done);
      return System.nanoTime();
    }

    @Override
    public boolean isLost() {
      return lost;
    }

    @Override
    public void ask(int slotId, long page, Prefetch prefetch) {
      askedFor.add(page);
    }

    @Override
    public void serve(int descriptor, Runnable action, BooleanSupplier over) {
      throw new UnsupportedOperationException("The kernel stops nobody here.");
    }

    @Override
    public void await(BooleanSupplier done) {
      while (!done.getAsBoolean()) {
        LockSupport.park();
      }
    }

    @Override
    public void wake(Thread waiter) {
      LockSupport.unpark(waiter);
    }
  }

  /** A device whose access to a page is trapped. */
  private Thread access(long page) {
    long address = incoming.slot.base() + PageGeometry.bytes(page);
    AsynchronousFault fault = new AsynchronousFault(Incoming.SLOT, page, address, Access.READ);
    return Thread.ofPlatform()
        .daemon()
        .start(() -> queue.await(fault, () -> paused.get() || !incoming.traps(page)));
  }

  private void awaitAsked(NotingLane lane, long page) {
    await().atMost(PATIENCE).until(() -> lane.askedFor.contains(page));
  }

  private void bring(long page) {
    incoming.demand.install(incoming.slot, page, 1, Incoming.filledWith(page), System.nanoTime());
  }

  private static void assertGoesOn(Thread device) throws InterruptedException {
    assertThat(device.join(PATIENCE)).as("the device goes on").isTrue();
  }

  @Test
  void aMissingPageIsAskedForOnceOnTheLaneOfDevices() throws Exception {
    Thread device = access(9);
    awaitAsked(deviceLane, 9);
    assertThat(device.isAlive()).isTrue();
    bring(9);
    assertGoesOn(device);
    assertThat(deviceLane.askedFor).containsExactly(9L);
    assertThat(vcpuLane.askedFor).isEmpty();
    assertThat(timings.asynchronous().count()).isOne();
    assertThat(timings.faults()).as("faults of vCPUs").isZero();
  }

  @Test
  void aPageThatIsHereByThenIsNotAskedFor() throws Exception {
    bring(9);
    incoming.pages.mechanism().trap(9, 1);
    assertGoesOn(access(9));
    assertThat(deviceLane.askedFor).isEmpty();
  }

  @Test
  void aPageThatComesByTheDrainIsNoticed() throws Exception {
    Thread device = access(9);
    awaitAsked(deviceLane, 9);
    incoming.drain.install(incoming.slot, 8, 4, Incoming.filledWith(1), System.nanoTime());
    assertGoesOn(device);
  }

  @Test
  void severalDevicesGetTheirPagesOneAfterTheOther() throws Exception {
    List<Thread> devices = List.of(access(1), access(2), access(3));
    for (int i = 1; i <= devices.size(); i++) {
      int count = i;
      await().atMost(PATIENCE).until(() -> deviceLane.askedFor.size() == count);
      bring(deviceLane.askedFor.getLast());
    }
    for (Thread device : devices) {
      assertGoesOn(device);
    }
  }

  @Test
  void whatWasAskedForOnALostLaneIsAskedForAgainOnAnother() throws Exception {
    Thread device = access(9);
    awaitAsked(deviceLane, 9);
    deviceLane.lost = true;
    resolver.laneLost();
    awaitAsked(vcpuLane, 9);
    bring(9);
    assertGoesOn(device);
  }

  @Test
  void theThreadEndsAndDevicesGoOnWhenNothingTrapsAnyMore() throws Exception {
    Thread device = access(9);
    awaitAsked(deviceLane, 9);
    incoming.guest.disableTraps();
    resolver.endDeviceThread();
    Thread noTrap =
        Thread.ofPlatform()
            .daemon()
            .start(() ->
                queue.await(
                    new AsynchronousFault(Incoming.SLOT, 9, 0, Access.READ),
                    () -> incoming.slot.trap() == null));
    assertGoesOn(noTrap);
    assertGoesOn(device);
    assertThat(faultThread.join(PATIENCE)).isTrue();
  }

  @Test
  void aThreadThatFailsFailsTheDevices() throws Exception {
    deviceLane.broken = true;
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread device =
        Thread.ofPlatform()
            .daemon()
            .uncaughtExceptionHandler((thread, cause) -> failure.set(cause))
            .start(() ->
                queue.await(
                    new AsynchronousFault(Incoming.SLOT, 9, 0, Access.READ),
                    () -> !incoming.traps(9)));
    assertGoesOn(device);
    assertThat(failure.get()).hasMessageContaining("The lane is broken.");
  }

  @Test
  void theThreadDoesNotSpinWhileThereIsNothingToDoOrItsPageIsMissing() throws Exception {
    await().until(() -> faultThread.getState() == Thread.State.WAITING);
    assertThat(cpuOf(faultThread)).as("no fault").isLessThan(Duration.ofMillis(3));
    var _ = access(9);
    awaitAsked(deviceLane, 9);
    await().until(() -> faultThread.getState() == Thread.State.WAITING);
    assertThat(cpuOf(faultThread)).as("missing page").isLessThan(Duration.ofMillis(3));
  }

  /** Processor time in a third of a second. */
  private static Duration cpuOf(Thread thread) throws InterruptedException {
    var threads = ManagementFactory.getThreadMXBean();
    long before = threads.getThreadCpuTime(thread.threadId());
    Thread.sleep(300);
    return Duration.ofNanos(threads.getThreadCpuTime(thread.threadId()) - before);
  }
}
