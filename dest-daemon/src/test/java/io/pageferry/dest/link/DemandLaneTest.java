package io.pageferry.dest.link;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.dest.install.Incoming;
import io.pageferry.dest.prefetch.Prefetch;
import io.pageferry.proto.v1.LaneHello;
import io.pageferry.wire.PageMethods;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A lane that is closed leaves no vCPU waiting that need not wait. */
class DemandLaneTest {
  private final ScriptedSource source = new ScriptedSource();
  private final Incoming incoming = Incoming.ofPages(8);
  private final DemandLane lane =
      new DemandLane(
          0,
          source.address(),
          incoming.guest,
          PageMethods.calledDemand(incoming.memory, incoming.demand),
          LaneHello.getDefaultInstance(),
          (name, status) -> {});

  @AfterEach
  void close() {
    lane.close();
    source.close();
    incoming.close();
  }

  private void awaitClosed() {
    lane.awaitAttached(60_000);
    lane.close();
  }

  @Test
  void aVcpuThatWasKickedAsTheLaneClosedGoesOn() throws Exception {
    awaitClosed();
    CompletableFuture<Void> returned = new CompletableFuture<>();
    var _ =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              // Twice each: entering a loop that is about to end may take or leave a wake-up.
              for (int i = 0; i < 2; i++) {
                var _ = lane.fetch(Incoming.SLOT, 0, Prefetch.NONE, () -> true);
                lane.await(() -> true);
              }
              returned.complete(null);
            });
    assertThat(returned).succeedsWithin(60, SECONDS);
  }

  @Test
  void aVcpuThatMustWaitIsWokenAlsoOnceTheLaneIsClosed() throws Exception {
    awaitClosed();
    AtomicBoolean done = new AtomicBoolean();
    CompletableFuture<Void> returned = new CompletableFuture<>();
    Thread waiter =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              while (!done.get()) {
                lane.await(done::get);
              }
              returned.complete(null);
            });
    LockSupport.parkNanos(10_000_000);
    done.set(true);
    lane.wake(waiter);
    assertThat(returned).succeedsWithin(60, SECONDS);
  }
}
