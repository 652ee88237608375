package io.pageferry.wire;

import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.pageferry.memory.GuestMemory;
import io.pageferry.proto.v1.DemandRequest;
import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.proto.v1.PageServiceGrpc;

/** The methods of {@code PageService} with page frames marshalled by hand. */
public final class PageMethods {
  private static final OutgoingFrameMarshaller OUTGOING = new OutgoingFrameMarshaller();

  /** The urgent lane, as served. */
  public static final MethodDescriptor<DemandRequest, OutgoingFrame> SERVED_DEMAND =
      served(PageServiceGrpc.getDemandMethod());

  /** The drain lane, as served. */
  public static final MethodDescriptor<DrainRequest, OutgoingFrame> SERVED_DRAIN =
      served(PageServiceGrpc.getDrainMethod());

  private PageMethods() {}

  private static <T> MethodDescriptor<T, OutgoingFrame> served(MethodDescriptor<T, ?> method) {
    return method.toBuilder(method.getRequestMarshaller(), OUTGOING).build();
  }

  /** The urgent lane, as called: frames go to {@code sink}. */
  public static MethodDescriptor<DemandRequest, FrameSize> calledDemand(
      GuestMemory memory, PageSink sink) {
    return called(PageServiceGrpc.getDemandMethod(), memory, sink);
  }

  /** The drain lane, as called: frames go to {@code sink}. */
  public static MethodDescriptor<DrainRequest, FrameSize> calledDrain(
      GuestMemory memory, PageSink sink) {
    return called(PageServiceGrpc.getDrainMethod(), memory, sink);
  }

  private static <T> MethodDescriptor<T, FrameSize> called(
      MethodDescriptor<T, ?> method, GuestMemory memory, PageSink sink) {
    return method.toBuilder(
            method.getRequestMarshaller(), new IncomingFrameMarshaller(memory, sink))
        .build();
  }

  /** The service as served, with its schema for the reflection service. */
  public static ServiceDescriptor servedService() {
    return ServiceDescriptor.newBuilder(PageServiceGrpc.SERVICE_NAME)
        .setSchemaDescriptor(PageServiceGrpc.getServiceDescriptor().getSchemaDescriptor())
        .addMethod(SERVED_DEMAND)
        .addMethod(SERVED_DRAIN)
        .build();
  }
}
