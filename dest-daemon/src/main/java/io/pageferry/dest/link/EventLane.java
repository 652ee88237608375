package io.pageferry.dest.link;

import io.grpc.MethodDescriptor;
import io.pageferry.dest.prefetch.Prefetch;
import io.pageferry.dest.target.FaultLane;
import io.pageferry.proto.v1.LaneHello;
import io.pageferry.rpc.RpcChannel;
import io.pageferry.rpc.loop.DrivenLoop;
import io.pageferry.wire.Demand;
import io.pageferry.wire.FrameSize;

/** A demand lane on an event loop that somebody else drives, who also asks on it. */
final class EventLane implements FaultLane, AutoCloseable {
  private final Lane<Demand> lane;
  private volatile boolean lost;

  EventLane(
      DrivenLoop loop,
      String source,
      MethodDescriptor<Demand, FrameSize> method,
      LaneHello hello,
      LaneListener listener) {
    LaneListener noted =
        (name, status) -> {
          lost = true;
          listener.laneEnded(name, status);
        };
    lane =
        new Lane<>(
            "demand", source, RpcChannel.on(loop, source), method, Demand.hello(hello), noted);
  }

  @Override
  public void fetch(int slotId, long page, Prefetch prefetch) {
    Demand fetch = Demand.fetch(slotId, page, 1);
    lane.send(
        prefetch.count() == 0
            ? fetch
            : fetch.thenPrefetch(prefetch.firstPage(), prefetch.step(), prefetch.count()));
  }

  @Override
  public boolean isLost() {
    return lost;
  }

  void awaitAttached(long timeoutMillis) {
    lane.awaitAttached(timeoutMillis);
  }

  long bytesReceived() {
    return lane.bytesReceived();
  }

  @Override
  public void close() {
    lane.close();
  }
}
