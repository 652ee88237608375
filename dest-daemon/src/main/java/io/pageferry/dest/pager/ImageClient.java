package io.pageferry.dest.pager;

import io.grpc.StatusRuntimeException;
import io.pageferry.daemon.guest.StatusMessages;
import io.pageferry.memory.PageGeometry;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.ProtocolVersions;
import io.pageferry.proto.v1.ImageServiceGrpc;
import io.pageferry.proto.v1.OpenImageRequest;
import io.pageferry.proto.v1.OpenImageResponse;
import io.pageferry.proto.v1.SlotContents;
import io.pageferry.proto.v1.StartImageRequest;
import io.pageferry.proto.v1.VersionRange;
import io.pageferry.rpc.ErrorStatus;
import io.pageferry.rpc.RpcChannel;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Asks a source for deliveries of its images. Any thread; its owner closes it. */
final class ImageClient implements AutoCloseable {
  private static final long TIMEOUT_SECONDS = 10;

  private final String source;
  private final RpcChannel channel;

  ImageClient(String source) {
    this.source = source;
    channel = new RpcChannel("image-control", source, false);
  }

  String source() {
    return source;
  }

  /**
   * A new delivery.
   *
   * @param image empty for the only one
   * @throws PageFerryException the source's reason, or DESTINATION_UNREACHABLE
   */
  OpenImageResponse open(String image) {
    OpenImageRequest request =
        OpenImageRequest.newBuilder()
            .setImage(image)
            .setVersions(
                VersionRange.newBuilder()
                    .setMinimum(ProtocolVersions.SPOKEN.minimum())
                    .setMaximum(ProtocolVersions.SPOKEN.maximum()))
            .setSoftwareVersion(ProtocolVersions.SOFTWARE_VERSION)
            .setPageSizeBytes(PageGeometry.PAGE_SIZE)
            .setDemandLanes(1)
            .build();
    return call(() -> stub().open(request));
  }

  /** Begins a delivery; pages in {@code present} are not sent. */
  void start(MigrationKey delivery, List<SlotContents> present, long drainAfterMillis) {
    StartImageRequest request =
        StartImageRequest.newBuilder()
            .setMigration(StatusMessages.ref(delivery))
            .setDrainAfterMillis(drainAfterMillis)
            .addAllPresent(present)
            .build();
    var _ = call(() -> stub().start(request));
  }

  private ImageServiceGrpc.ImageServiceBlockingStub stub() {
    return ImageServiceGrpc.newBlockingStub(channel.channel())
        .withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS);
  }

  private <T> T call(Supplier<T> call) {
    try {
      return call.get();
    } catch (StatusRuntimeException e) {
      throw ErrorStatus.fromPeer(e.getStatus(), e.getTrailers())
          .orElseGet(() ->
              new PageFerryException(
                  ErrorCode.LANE_LOST,
                  "The source of the image, "
                      + source
                      + ", does not answer: "
                      + e.getStatus()
                      + ".",
                  e));
    }
  }

  @Override
  public void close() {
    channel.close();
  }
}
