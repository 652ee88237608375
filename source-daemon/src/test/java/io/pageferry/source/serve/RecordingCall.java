package io.pageferry.source.serve;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.wire.Demand;
import io.pageferry.wire.OutgoingFrame;
import io.pageferry.wire.PageMethods;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A lane's call without a connection: keeps what is sent, and takes frames while it has room. */
final class RecordingCall<Q> extends ServerCall<Q, OutgoingFrame> {
  private final MethodDescriptor<Q, OutgoingFrame> method;
  final List<OutgoingFrame> frames = new ArrayList<>();
  int room = Integer.MAX_VALUE;
  @Nullable Status closed;
  Metadata trailers = new Metadata();

  private RecordingCall(MethodDescriptor<Q, OutgoingFrame> method) {
    this.method = method;
  }

  static RecordingCall<Demand> demand() {
    return new RecordingCall<>(PageMethods.SERVED_DEMAND);
  }

  static RecordingCall<DrainRequest> drain() {
    return new RecordingCall<>(PageMethods.SERVED_DRAIN);
  }

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
  public void close(Status status, Metadata lastTrailers) {
    closed = status;
    trailers = lastTrailers;
  }

  @Override
  public boolean isCancelled() {
    return false;
  }

  @Override
  public MethodDescriptor<Q, OutgoingFrame> getMethodDescriptor() {
    return method;
  }
}
