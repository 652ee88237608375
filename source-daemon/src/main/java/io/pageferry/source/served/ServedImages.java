package io.pageferry.source.served;

import com.google.protobuf.ByteString;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import io.pageferry.config.DataSize;
import io.pageferry.daemon.guest.StatusMessages;
import io.pageferry.host.Ending;
import io.pageferry.memory.PageGeometry;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.ProtocolVersions;
import io.pageferry.proto.v1.ImageSlot;
import io.pageferry.proto.v1.LaneHello;
import io.pageferry.proto.v1.MemorySlot;
import io.pageferry.proto.v1.OpenImageRequest;
import io.pageferry.proto.v1.OpenImageResponse;
import io.pageferry.proto.v1.SlotContents;
import io.pageferry.proto.v1.StartImageRequest;
import io.pageferry.source.serve.DrainBandwidth;
import io.pageferry.source.serve.DrainTimer;
import io.pageferry.source.serve.PageLanes;
import io.pageferry.source.serve.Session;
import io.pageferry.source.serve.Sessions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * The images that a source serves, and their deliveries. Any thread; closed once the server takes
 * no calls any more.
 */
public final class ServedImages implements Sessions, AutoCloseable {
  private static final int MOST_DELIVERIES = 256;
  private static final int MOST_DEMAND_LANES = 64;
  private static final long MOST_DELAY_MILLIS = 3_600_000;
  private static final long FORGOTTEN_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final List<ServedImage> images;
  private final DataSize maxBytesInFlight;
  private final DrainBandwidth bandwidth;
  private final DrainTimer timer = new DrainTimer();
  private final Map<MigrationKey, ServedDelivery> deliveries = new ConcurrentHashMap<>();
  private final LongAdder opened = new LongAdder();
  private final LongAdder completed = new LongAdder();
  private final LongAdder sentPages = new LongAdder();
  private volatile boolean stopping;

  /**
   * Owns the images from now on.
   *
   * @param maxBytesInFlight cap on page bytes of a delivery sent and not acknowledged
   */
  public ServedImages(
      List<ServedImage> images, DataSize maxBytesInFlight, DrainBandwidth bandwidth) {
    this.images = List.copyOf(images);
    this.maxBytesInFlight = maxBytesInFlight;
    this.bandwidth = bandwidth;
  }

  /** The page service, for the server. */
  public ServerServiceDefinition pageService() {
    return PageLanes.service(this, bandwidth, timer);
  }

  /** The image service, for the server. */
  public BindableService imageService() {
    return new ImageService(this);
  }

  OpenImageResponse open(OpenImageRequest request) {
    int version =
        ProtocolVersions.SPOKEN.negotiate(
            new ProtocolVersions(
                request.getVersions().getMinimum(), request.getVersions().getMaximum()),
            request.getSoftwareVersion());
    if (request.getPageSizeBytes() != PageGeometry.PAGE_SIZE) {
      throw new PageFerryException(
          ErrorCode.PAGE_SIZE_MISMATCH,
          "The receiver's pages have "
              + Integer.toUnsignedString(request.getPageSizeBytes())
              + " bytes, those of the image "
              + PageGeometry.PAGE_SIZE
              + ".");
    }
    int lanes = request.getDemandLanes();
    if (lanes < 1 || lanes > MOST_DEMAND_LANES) {
      throw new IllegalArgumentException(
          "A delivery has 1 to "
              + MOST_DEMAND_LANES
              + " demand lanes, not "
              + Integer.toUnsignedString(lanes)
              + ".");
    }
    ServedDelivery delivery = admit(named(request.getImage()), lanes);
    return response(delivery, version);
  }

  private ServedImage named(String name) {
    if (name.isEmpty() && images.size() == 1) {
      return images.getFirst();
    }
    return images.stream()
        .filter(image -> image.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new PageFerryException(
                ErrorCode.NO_GUEST,
                "This source serves no image of that name; it serves "
                    + String.join(", ", images.stream().map(ServedImage::name).toList())
                    + "."));
  }

  private synchronized ServedDelivery admit(ServedImage image, int lanes) {
    if (stopping) {
      throw ending();
    }
    long before = System.nanoTime() - FORGOTTEN_NANOS;
    deliveries.values().removeIf(delivery -> delivery.isForgotten(before));
    if (deliveries.size() >= MOST_DELIVERIES) {
      throw new PageFerryException(
          ErrorCode.TOO_MANY_MIGRATIONS,
          "This source has " + MOST_DELIVERIES + " deliveries of images, and takes no more.");
    }
    ServedDelivery delivery =
        new ServedDelivery(
            image, new MigrationKey(UUID.randomUUID(), image.id(), 1), lanes, this::over);
    deliveries.put(delivery.key(), delivery);
    opened.increment();
    return delivery;
  }

  private synchronized void over(ServedDelivery delivery) {
    notifyAll();
    if (deliveries.remove(delivery.key(), delivery)) {
      sentPages.add(delivery.delivery().sentPages());
      if (delivery.delivery().isComplete()) {
        completed.increment();
      }
    }
  }

  private static OpenImageResponse response(ServedDelivery delivery, int version) {
    ServedImage image = delivery.image();
    OpenImageResponse.Builder response =
        OpenImageResponse.newBuilder()
            .setMigration(StatusMessages.ref(delivery.key()))
            .setProtocolVersion(version)
            .setSoftwareVersion(ProtocolVersions.SOFTWARE_VERSION)
            .setImage(image.name());
    for (io.pageferry.memory.ImageSlot slot : image.slots()) {
      response.addSlots(
          ImageSlot.newBuilder()
              .setSlot(
                  MemorySlot.newBuilder()
                      .setId(slot.layout().id())
                      .setGuestPhysicalAddress(slot.layout().base())
                      .setSizeBytes(slot.layout().sizeBytes()))
              .setImageOffset(slot.offset()));
    }
    for (io.pageferry.memory.MemorySlot slot : image.memory().slots()) {
      response.addContents(
          SlotContents.newBuilder()
              .setSlot(slot.id())
              .setNonzeroBitmap(ByteString.copyFrom(slot.written().toBytes())));
    }
    return response.build();
  }

  void start(StartImageRequest request) {
    long delay = request.getDrainAfterMillis();
    if (delay < 0 || delay > MOST_DELAY_MILLIS) {
      throw new IllegalArgumentException(
          "The drain may start up to an hour after the delivery, not "
              + Long.toUnsignedString(delay)
              + " ms.");
    }
    ServedDelivery delivery = delivery(StatusMessages.key(request.getMigration()));
    delivery.start(request.getPresentList());
    if (delay == 0
        || !timer.after(
            TimeUnit.MILLISECONDS.toNanos(delay), () -> delivery.drain(maxBytesInFlight.bytes()))) {
      delivery.drain(maxBytesInFlight.bytes());
    }
  }

  @Override
  public Session named(LaneHello hello) {
    ServedDelivery delivery = delivery(StatusMessages.key(hello.getMigration()));
    ProtocolVersions.SPOKEN.requireSpoken(hello.getProtocolVersion());
    return delivery.session();
  }

  private ServedDelivery delivery(MigrationKey key) {
    ServedDelivery delivery = deliveries.get(key);
    if (delivery == null) {
      throw new PageFerryException(
          ErrorCode.STALE_MIGRATION,
          "This source has no delivery " + key.migrationId() + "; open the image again.");
    }
    return delivery;
  }

  /** Deliveries that there are now. */
  public int active() {
    return deliveries.size();
  }

  /** Deliveries that there ever were. */
  public long opened() {
    return opened.sum();
  }

  /** Deliveries whose pages were all acknowledged. */
  public long completed() {
    return completed.sum();
  }

  /** Pages sent so far. */
  public long sentPages() {
    long now = deliveries.values().stream().mapToLong(d -> d.delivery().sentPages()).sum();
    return sentPages.sum() + now;
  }

  /** Bytes sent and not acknowledged. */
  public long bytesInFlight() {
    return deliveries.values().stream().mapToLong(d -> d.delivery().bytesInFlight()).sum();
  }

  /** The images. */
  public List<ServedImage> images() {
    return images;
  }

  /** Takes no new deliveries, and waits for those that have started. */
  public synchronized void finish(Duration grace) throws InterruptedException {
    stopping = true;
    long until = System.nanoTime() + grace.toNanos();
    while (deliveries.values().stream().anyMatch(ServedDelivery::hasStarted)) {
      long millis = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
      if (millis <= 0) {
        return;
      }
      wait(millis);
    }
  }

  private static PageFerryException ending() {
    return new PageFerryException(
        ErrorCode.SHUTTING_DOWN, "The source is about to end, and delivers no image any more.");
  }

  @Override
  public void close() {
    stopping = true;
    for (ServedDelivery delivery : List.copyOf(deliveries.values())) {
      delivery.end(ending());
    }
    Ending.all(timer::close, () -> images.forEach(ServedImage::close));
  }
}
