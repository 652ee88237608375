package io.pageferry.source.served;

import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageBitmap;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import io.pageferry.proto.v1.SlotContents;
import io.pageferry.source.image.Delivery;
import io.pageferry.source.image.FrozenImage;
import io.pageferry.source.serve.Session;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The delivery of an image to one receiver: opened, started once its lanes are there, over when all
 * pages are acknowledged or a lane is lost. Any thread.
 */
final class ServedDelivery implements Session.Owner {
  private static final Logger LOG = LoggerFactory.getLogger(ServedDelivery.class);

  private final ServedImage image;
  private final MigrationKey key;
  private final Session session;
  private final Delivery delivery;
  private final Consumer<ServedDelivery> whenOver;
  private final long openedNanos = System.nanoTime();
  private final AtomicBoolean started = new AtomicBoolean();
  private final AtomicBoolean over = new AtomicBoolean();

  ServedDelivery(
      ServedImage image, MigrationKey key, int demandLanes, Consumer<ServedDelivery> whenOver) {
    this.image = image;
    this.key = key;
    this.whenOver = whenOver;
    session = new Session(key, demandLanes, 0, this);
    // An image of its own, since the file gives pages again that others have acknowledged.
    delivery = new FrozenImage(image.memory()).newDelivery();
  }

  MigrationKey key() {
    return key;
  }

  ServedImage image() {
    return image;
  }

  Session session() {
    return session;
  }

  Delivery delivery() {
    return delivery;
  }

  boolean hasStarted() {
    return started.get();
  }

  /** Whether it was opened before {@code nanos}, and its lanes have never come. */
  boolean isForgotten(long nanos) {
    return openedNanos - nanos < 0 && !session.isAttached();
  }

  /**
   * Serves pages from now on.
   *
   * @param present pages that the receiver has already
   * @throws PageFerryException WRONG_GUEST_STATE if lanes are missing, or it was started before
   * @throws IllegalArgumentException if a map is not that of a slot
   */
  void start(List<SlotContents> present) {
    if (!session.isAttached()) {
      throw new PageFerryException(
          ErrorCode.WRONG_GUEST_STATE, "The delivery cannot start before its lanes are attached.");
    }
    if (!started.compareAndSet(false, true)) {
      throw new PageFerryException(
          ErrorCode.WRONG_GUEST_STATE,
          "The delivery " + key.migrationId() + " was started before.");
    }
    for (SlotContents contents : present) {
      skip(contents);
    }
    session.serve(delivery);
    LOG.info(
        "image={} delivery={} state=started pages={}",
        image.name(),
        key.migrationId(),
        delivery.pagesLeft());
    if (delivery.isComplete()) {
      delivered();
    }
  }

  private void skip(SlotContents contents) {
    MemorySlot slot = delivery.image().slot(contents.getSlot(), 0, 1);
    try (Arena arena = Arena.ofConfined()) {
      byte[] bits = contents.getNonzeroBitmap().toByteArray();
      delivery.alreadyHas(slot, PageBitmap.of(slot.pageCount(), bits, arena));
    }
  }

  void drain(long maxBytesInFlight) {
    if (!over.get()) {
      session.startDrain(maxBytesInFlight);
    }
  }

  @Override
  public void laneLost(String why) {
    end("lost", () -> session.end(new PageFerryException(ErrorCode.LANE_LOST, sentence(why))));
  }

  private static String sentence(String why) {
    return "The delivery has ended because a lane was lost: " + why + ".";
  }

  @Override
  public void delivered() {
    end("completed", session::end);
  }

  /** The source ends. */
  void end(PageFerryException cause) {
    end("ended", () -> session.end(cause));
  }

  private void end(String state, Runnable ending) {
    if (over.compareAndSet(false, true)) {
      LOG.info(
          "image={} delivery={} state={} sent={} acknowledged={}",
          image.name(),
          key.migrationId(),
          state,
          delivery.sentPages(),
          delivery.acknowledgedPages());
      whenOver.accept(this);
      ending.run();
    }
  }
}
