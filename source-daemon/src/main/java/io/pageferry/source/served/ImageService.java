package io.pageferry.source.served;

import io.grpc.stub.StreamObserver;
import io.pageferry.proto.v1.ImageServiceGrpc;
import io.pageferry.proto.v1.OpenImageRequest;
import io.pageferry.proto.v1.OpenImageResponse;
import io.pageferry.proto.v1.StartImageRequest;
import io.pageferry.proto.v1.StartImageResponse;
import io.pageferry.rpc.UnaryCalls;

/** {@code pageferry.v1.ImageService}: delegates, and maps errors. */
final class ImageService extends ImageServiceGrpc.ImageServiceImplBase {
  private final ServedImages images;

  ImageService(ServedImages images) {
    this.images = images;
  }

  @Override
  public void open(OpenImageRequest request, StreamObserver<OpenImageResponse> observer) {
    UnaryCalls.answer(observer, () -> images.open(request));
  }

  @Override
  public void start(StartImageRequest request, StreamObserver<StartImageResponse> observer) {
    UnaryCalls.answer(
        observer,
        () -> {
          images.start(request);
          return StartImageResponse.getDefaultInstance();
        });
  }
}
