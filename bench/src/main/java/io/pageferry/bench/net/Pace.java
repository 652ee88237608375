package io.pageferry.bench.net;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * How the forwarder's thread waits: for sockets, and for a time, whichever comes first. A selector
 * waits in milliseconds and a sleeping thread wakes tens of microseconds late, so the last moments
 * before a time are polled, an alarm ends a longer sleep early enough, and while a short delay is
 * asked for, the moments after traffic are polled too. Without traffic it sleeps. Used by one
 * thread, which closes it.
 */
final class Pace implements AutoCloseable {
  /** One-way delays below this would suffer from a thread that has to be woken to read. */
  static final long URGENT_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

  /** A timer of the kernel's and the waking of two threads take less, mostly. */
  private static final long LEAD_NANOS = TimeUnit.MICROSECONDS.toNanos(150);

  /** How long after traffic an urgent link is polled. */
  private static final long LINGER_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final Selector selector;
  private final ScheduledExecutorService alarm;
  private long alarmNanos;

  Pace(Selector selector) {
    this.selector = selector;
    alarm =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("forwarder-alarm").factory());
  }

  /**
   * Waits.
   *
   * @param next until when at most; {@link DelayLine#NEVER} for as long as it takes
   * @param quietNanos for how long there has been no traffic
   * @param urgent whether the delay asked for is below {@link #URGENT_NANOS}
   */
  void await(long next, long now, long quietNanos, boolean urgent, Consumer<SelectionKey> ready)
      throws IOException {
    boolean near = next - LEAD_NANOS <= now;
    if (near || (urgent && quietNanos < LINGER_NANOS)) {
      giveWay();
      var _ = selector.selectNow(ready);
      return;
    }
    if (next != DelayLine.NEVER) {
      setAlarm(next - LEAD_NANOS, now);
    }
    var _ = selector.select(ready);
  }

  /** On few processors whom the bytes have woken may want this one; nothing relies on it. */
  @SuppressWarnings("ThreadPriorityCheck")
  private static void giveWay() {
    Thread.yield();
  }

  /** One that rings earlier will do: whoever wakes for nothing comes back here. */
  private void setAlarm(long at, long now) {
    boolean pending = alarmNanos > now && alarmNanos <= at;
    if (!pending) {
      alarmNanos = at;
      var _ = alarm.schedule(selector::wakeup, at - now, TimeUnit.NANOSECONDS);
    }
  }

  @Override
  public void close() {
    var _ = alarm.shutdownNow();
  }
}
