package io.pageferry.dest.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pageferry.dest.install.Incoming;
import io.pageferry.dest.prefetch.Prefetch;
import io.pageferry.dest.prefetch.PrefetchPolicy;
import io.pageferry.dest.timing.FaultTimings;
import io.pageferry.guest.FirstInstruction;
import io.pageferry.guest.Vcpu;
import io.pageferry.guest.VcpuExit;
import io.pageferry.memory.PageGeometry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FaultResolverTest {
  private static final int VCPUS = 4;
  private static final int WAITERS = VCPUS + FaultResolver.DEVICE_THREADS;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Incoming incoming = new Incoming(64, new FaultWaiters(VCPUS));
  private final List<Long> fetches = new CopyOnWriteArrayList<>();
  private final List<SilentSource> lanes = new ArrayList<>();
  private final FaultTimings timings = new FaultTimings(VCPUS, true);
  private final FaultResolver resolver =
      new FaultResolver(incoming.guest, incoming.waiters, VCPUS, PrefetchPolicy.Kind.none, timings);

  FaultResolverTest() {
    for (int waiter = 0; waiter < WAITERS; waiter++) {
      lanes.add(new SilentSource());
    }
    resolver.fetchOn(List.copyOf(lanes), failure -> {});
  }

  @AfterEach
  void unmap() {
    incoming.close();
  }

  /** A source that answers nothing: notes what is asked for, and lets the vCPU park. */
  private final class SilentSource implements PageFetcher {
    private final List<Long> askedFor = new CopyOnWriteArrayList<>();
    private volatile boolean lost;

    @Override
    public long fetch(int slotId, long page, Prefetch prefetch, BooleanSupplier done) {
      ask(slotId, page);
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
      fetches.add(page);
    }

    @Override
    public void serve(int descriptor, Runnable action, BooleanSupplier over) {
      throw new UnsupportedOperationException("No kernel stops anybody here.");
    }

    @Override
    public void await(BooleanSupplier done) {
      if (!done.getAsBoolean()) {
        LockSupport.parkNanos(1_000_000);
      }
    }

    @Override
    public void wake(Thread waiter) {
      LockSupport.unpark(waiter);
    }
  }

  /** A vCPU that only faults. */
  private static final class FaultingVcpu implements Vcpu {
    private final int index;
    private volatile boolean kicked;

    FaultingVcpu(int index) {
      this.index = index;
    }

    @Override
    public int index() {
      return index;
    }

    @Override
    public VcpuExit run() {
      throw new UnsupportedOperationException("It only faults.");
    }

    @Override
    public void kick() {
      kicked = true;
    }

    @Override
    public boolean kicked() {
      return kicked;
    }

    @Override
    public long instructions() {
      return 0;
    }

    @Override
    public FirstInstruction firstInstruction() {
      return new FirstInstruction();
    }
  }

  private Thread fault(FaultingVcpu vcpu, long page) {
    long address = incoming.slot.base() + PageGeometry.bytes(page) + 8;
    VcpuExit.MemoryFault exit =
        new VcpuExit.MemoryFault().set(address, 8, VcpuExit.Access.READ, true);
    return Thread.ofPlatform().daemon().start(() -> resolver.resolve(vcpu, exit));
  }

  private static void join(Thread thread) throws InterruptedException {
    assertThat(thread.join(PATIENCE)).as("the vCPU goes on").isTrue();
  }

  @Test
  void allVcpusThatFaultOnOnePageCauseOneFetchAndAllGoOn() throws Exception {
    List<Thread> threads = new ArrayList<>();
    for (int vcpu = 0; vcpu < VCPUS; vcpu++) {
      threads.add(fault(new FaultingVcpu(vcpu), 9));
    }
    await().atMost(PATIENCE).until(() -> !fetches.isEmpty());
    assertThat(threads).allSatisfy(thread -> assertThat(thread.isAlive()).isTrue());
    incoming.demand.install(incoming.slot, 9, 1, Incoming.filledWith(1), System.nanoTime());
    for (Thread thread : threads) {
      join(thread);
    }
    assertThat(fetches).containsExactly(9L);
    assertThat(timings.faults()).isEqualTo(VCPUS);
    assertThat(timings.blockedNanos(0)).isPositive();
  }

  @Test
  void aPageThatTheDrainBringsMeanwhileEndsTheWait() throws Exception {
    Thread thread = fault(new FaultingVcpu(0), 3);
    await().atMost(PATIENCE).until(() -> fetches.contains(3L));
    incoming.drain.install(incoming.slot, 0, 8, Incoming.filledWith(1), System.nanoTime());
    join(thread);
    assertThat(fetches).containsExactly(3L);
  }

  @Test
  void aFaultOnAPageThatHasJustArrivedFetchesNothing() throws Exception {
    incoming.drain.install(incoming.slot, 3, 1, Incoming.filledWith(1), System.nanoTime());
    join(fault(new FaultingVcpu(0), 3));
    assertThat(fetches).isEmpty();
  }

  @Test
  void aKickedVcpuStopsWaitingAndItsNextFaultDoesNotFetchAgain() throws Exception {
    FaultingVcpu vcpu = new FaultingVcpu(1);
    Thread thread = fault(vcpu, 5);
    await().atMost(PATIENCE).until(() -> fetches.contains(5L));
    vcpu.kick();
    resolver.kicked(vcpu);
    join(thread);
    assertThat(incoming.traps(5)).isTrue();
    Thread again = fault(new FaultingVcpu(1), 5);
    await().atMost(PATIENCE).until(() -> again.getState() == Thread.State.TIMED_WAITING);
    incoming.demand.install(incoming.slot, 5, 1, Incoming.filledWith(1), System.nanoTime());
    join(again);
    assertThat(fetches).containsExactly(5L);
  }

  private void lose(int lane) {
    lanes.get(lane).lost = true;
    resolver.laneLost();
  }

  private void bring(long page, Thread... waiting) throws InterruptedException {
    incoming.demand.install(incoming.slot, page, 1, Incoming.filledWith(1), System.nanoTime());
    for (Thread thread : waiting) {
      join(thread);
    }
  }

  @Test
  void whatWasAskedForOnALaneThatIsLostIsAskedForAgainOnALaneThatIsLeft() throws Exception {
    Thread first = fault(new FaultingVcpu(0), 9);
    await().atMost(PATIENCE).until(() -> lanes.get(0).askedFor.contains(9L));
    Thread second = fault(new FaultingVcpu(1), 9);
    await().atMost(PATIENCE).until(() -> second.getState() == Thread.State.TIMED_WAITING);
    assertThat(fetches).hasSize(1);
    lose(0);
    await().atMost(PATIENCE).until(() -> fetches.size() == 2);
    assertThat(lanes.get(0).askedFor).hasSize(1);
    bring(9, first, second);
  }

  @Test
  void aVcpuWhoseLaneIsLostAsksOnAnothersLane() throws Exception {
    Thread waiting = fault(new FaultingVcpu(2), 4);
    await().atMost(PATIENCE).until(() -> lanes.get(2).askedFor.contains(4L));
    lose(2);
    await().atMost(PATIENCE).until(() -> lanes.get(0).askedFor.contains(4L));
    bring(4, waiting);
    Thread next = fault(new FaultingVcpu(2), 5);
    await().atMost(PATIENCE).until(() -> lanes.get(0).askedFor.contains(5L));
    bring(5, next);
    assertThat(fetches).containsExactly(4L, 4L, 5L);
  }

  @Test
  void aFetchThatMeetsTheLossOfItsLaneIsMadeOnAnother() throws Exception {
    // Lost before it is asked, and not told of: as for a vCPU that looked a moment earlier.
    lanes.get(0).lost = true;
    lanes.get(3).lost = true;
    Thread waiting = fault(new FaultingVcpu(3), 7);
    await().atMost(PATIENCE).until(() -> lanes.get(1).askedFor.contains(7L));
    bring(7, waiting);
  }

  @Test
  void withoutAnyLaneAVcpuWaitsAndCanStillBeKicked() throws Exception {
    for (int lane = 0; lane < WAITERS; lane++) {
      lose(lane);
    }
    FaultingVcpu vcpu = new FaultingVcpu(0);
    Thread waiting = fault(vcpu, 3);
    await().atMost(PATIENCE).until(() -> waiting.getState() == Thread.State.TIMED_WAITING);
    assertThat(fetches).isEmpty();
    vcpu.kick();
    resolver.kicked(vcpu);
    join(waiting);
  }

  @Test
  void noVcpuIsLeftWaitingWhenPagesArriveAsItAnnouncesItself() throws Exception {
    for (long page = 10; page < 60; page++) {
      Thread thread = fault(new FaultingVcpu(2), page);
      incoming.drain.install(incoming.slot, page, 1, Incoming.filledWith(1), System.nanoTime());
      join(thread);
    }
    assertThat(fetches).doesNotHaveDuplicates();
  }
}
