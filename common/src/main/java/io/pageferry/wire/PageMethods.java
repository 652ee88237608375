package io.pageferry.wire;

import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.pageferry.memory.GuestMemory;
import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.proto.v1.PageServiceGrpc;

/** The methods of {@code PageService} with page frames and fetches marshalled by hand. */
public final class PageMethods {
  private static final OutgoingFrameMarshaller OUTGOING = new OutgoingFrameMarshaller();
  private static final DemandMarshaller DEMAND = new DemandMarshaller();

  /** The demand lane, as served. */
  public static final MethodDescriptor<Demand, OutgoingFrame> SERVED_DEMAND =
      PageServiceGrpc.getDemandMethod().toBuilder(DEMAND, OUTGOING).build();

  /** The drain lane, as served. */
  public static final MethodDescriptor<DrainRequest, OutgoingFrame> SERVED_DRAIN =
      PageServiceGrpc.getDrainMethod().toBuilder(
              PageServiceGrpc.getDrainMethod().getRequestMarshaller(), OUTGOING)
          .build();

  private PageMethods() {}

  /** The demand lane, as called: {@code sink} installs the pages of each frame that arrives. */
  public static MethodDescriptor<Demand, FrameSize> calledDemand(
      GuestMemory memory, PageSink sink) {
    return PageServiceGrpc.getDemandMethod().toBuilder(
            DEMAND, new InstallingMarshaller(memory, sink))
        .build();
  }

  /** The drain lane, as called: {@code sink} installs the pages of each frame that arrives. */
  public static MethodDescriptor<DrainRequest, FrameSize> calledDrain(
      GuestMemory memory, PageSink sink) {
    return PageServiceGrpc.getDrainMethod().toBuilder(
            PageServiceGrpc.getDrainMethod().getRequestMarshaller(),
            new InstallingMarshaller(memory, sink))
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
