package io.pageferry.source;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.wire.OutgoingFrame;
import io.pageferry.wire.PageMethods;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A drain call without a connection: keeps what is sent, and takes frames while it has room. */
final class RecordingCall extends ServerCall<DrainRequest, OutgoingFrame> {
  final List<OutgoingFrame> frames = new ArrayList<>();
  int room = Integer.MAX_VALUE;
  @Nullable Status closed;

  @Override
  public void request(int messages) {}

  @Override
  public void sendHeaders(Metadata headers) {}

  @Override
  public void sendMessage(OutgoingFrame frame) {
    frames.add(frame);
  }

  @Override
  public boolean isReady() {
    return frames.size() < room;
  }

  @Override
  public void close(Status status, Metadata trailers) {
    closed = status;
  }

  @Override
  public boolean isCancelled() {
    return false;
  }

  @Override
  public MethodDescriptor<DrainRequest, OutgoingFrame> getMethodDescriptor() {
    return PageMethods.SERVED_DRAIN;
  }
}
