package io.pageferry.source.serve;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.wire.Demand;
import io.pageferry.wire.OutgoingFrame;
import io.pageferry.wire.PageMethods;

/** {@code pageferry.v1.PageService}: each call is a lane. Stateless. */
public final class PageLanes {
  /** Bytes in a call's buffer up to which it takes frames. */
  private static final int READY_BYTES = 1 << 20;

  private PageLanes() {}

  /**
   * The service for the server.
   *
   * @param sessions knows where lanes belong
   * @param bandwidth what all drain lanes share
   * @param timer wakes those that wait
   */
  public static ServerServiceDefinition service(
      Sessions sessions, DrainBandwidth bandwidth, DrainTimer timer) {
    ServerCallHandler<Demand, OutgoingFrame> demand =
        (call, headers) -> opened(new DemandLane(call, sessions), call);
    ServerCallHandler<DrainRequest, OutgoingFrame> drain =
        (call, headers) -> opened(new DrainLane(call, sessions, bandwidth, timer), call);
    return ServerServiceDefinition.builder(PageMethods.servedService())
        .addMethod(PageMethods.SERVED_DEMAND, demand)
        .addMethod(PageMethods.SERVED_DRAIN, drain)
        .build();
  }

  private static <Q> Lane<Q> opened(Lane<Q> lane, ServerCall<Q, OutgoingFrame> call) {
    call.setOnReadyThreshold(READY_BYTES);
    call.sendHeaders(new Metadata());
    call.request(1);
    return lane;
  }
}
