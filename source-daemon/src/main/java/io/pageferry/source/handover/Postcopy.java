package io.pageferry.source.handover;

import io.pageferry.source.image.Delivery;
import io.pageferry.source.serve.Session;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The time after switchover, in which the pages move: on demand at once, by the drain after a
 * delay. {@link #serve} is called by one thread, all else by any.
 */
final class Postcopy {
  private final long maxBytesInFlight;
  private final long drainAfterMillis;
  private final CountDownLatch delivered = new CountDownLatch(1);

  /** Open once the drain is not to wait any longer: its delay is cut short, or all is done. */
  private final CountDownLatch drainDue = new CountDownLatch(1);

  Postcopy(long maxBytesInFlight, long drainAfterMillis) {
    this.maxBytesInFlight = maxBytesInFlight;
    this.drainAfterMillis = drainAfterMillis;
  }

  /** Starts the drain when it is due; returns when every page is acknowledged. */
  void serve(Delivery delivery, Session session) throws InterruptedException {
    if (delivery.isComplete()) {
      delivered();
    }
    var _ = drainDue.await(drainAfterMillis, TimeUnit.MILLISECONDS);
    session.startDrain(maxBytesInFlight);
    delivered.await();
  }

  /** Every page is acknowledged. */
  void delivered() {
    delivered.countDown();
    drainDue.countDown();
  }

  /** The drain is not to wait any longer. */
  void hurry() {
    drainDue.countDown();
  }
}
