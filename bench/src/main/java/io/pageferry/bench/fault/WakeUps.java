package io.pageferry.bench.fault;

import io.pageferry.telemetry.LatencyHistogram;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Two threads that wake each other in turn: what two wake-ups cost on this host at this moment.
 * Used by one thread.
 */
final class WakeUps {
  private final AtomicInteger turn = new AtomicInteger();

  /** Adds the time of so many round trips, in nanoseconds. */
  void measure(int roundTrips, LatencyHistogram into) throws InterruptedException {
    turn.setPlain(0);
    Thread measuring = Thread.currentThread();
    Thread other =
        Thread.ofPlatform().daemon().name("ping-pong").start(() -> answer(roundTrips, measuring));
    for (int i = 0; i < roundTrips; i++) {
      long start = System.nanoTime();
      turn.set(2 * i + 1);
      LockSupport.unpark(other);
      awaitTurn(2 * i + 2);
      into.record(System.nanoTime() - start);
    }
    other.join();
  }

  private void answer(int roundTrips, Thread measuring) {
    for (int i = 0; i < roundTrips; i++) {
      awaitTurn(2 * i + 1);
      turn.set(2 * i + 2);
      LockSupport.unpark(measuring);
    }
  }

  private void awaitTurn(int wanted) {
    while (turn.get() != wanted) {
      LockSupport.park(this);
    }
  }
}
