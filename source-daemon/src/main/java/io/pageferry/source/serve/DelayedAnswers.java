package io.pageferry.source.serve;

import io.pageferry.rpc.loop.PollingLoop;
import io.pageferry.telemetry.LatencyHistogram;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Holds the answers of one lane back, as a longer way would, for experiments. A timer would be late
 * by more than the delay, so the lane's event loop looks at the time again and again as long as an
 * answer is held back. What is recorded is the delay that was achieved.
 *
 * <p>Used on the lane's event loop alone. Bounded by the fetches that are under way.
 */
final class DelayedAnswers<Q> {
  private record Held<Q>(Q request, long nanos) {}

  private final ArrayDeque<Held<Q>> held = new ArrayDeque<>();
  private final LatencyHistogram achieved = new LatencyHistogram();
  private final Consumer<Q> answer;
  private boolean looking;

  DelayedAnswers(Consumer<Q> answer) {
    this.answer = answer;
  }

  /** Has a request answered after {@code delayNanos}. */
  void hold(Q request, long delayNanos) {
    held.add(new Held<>(request, System.nanoTime()));
    if (!looking) {
      looking = true;
      look(delayNanos);
    }
  }

  private void look(long delayNanos) {
    long now = System.nanoTime();
    Held<Q> next = held.peek();
    while (next != null && now - next.nanos >= delayNanos) {
      held.remove();
      achieved.record(now - next.nanos);
      answer.accept(next.request);
      now = System.nanoTime();
      next = held.peek();
    }
    Executor loop = PollingLoop.current();
    looking = next != null && loop != null;
    if (looking && loop != null) {
      loop.execute(() -> look(delayNanos));
    }
  }

  /** How long answers were held back. Any thread. */
  LatencyHistogram achieved() {
    return achieved;
  }
}
