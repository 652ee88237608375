package io.pageferry.dest.link;

import io.pageferry.daemon.guest.StatusMessages;
import io.pageferry.dest.install.PageInstaller;
import io.pageferry.dest.target.FaultLane;
import io.pageferry.host.Ending;
import io.pageferry.migration.MigrationKey;
import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.proto.v1.LaneHello;
import io.pageferry.rpc.RpcChannel;
import io.pageferry.rpc.loop.DrivenLoop;
import io.pageferry.wire.LaneKind;
import io.pageferry.wire.PageMethods;

/**
 * One set of lanes for the memory of another process: a demand lane on the event loop of the thread
 * that takes its faults, and the drain lane. As a {@link Session} otherwise.
 */
public final class TargetSession implements AutoCloseable {
  private static final long LANE_TIMEOUT_MILLIS = 5_000;

  private final Lane<DrainRequest> drain;
  private final EventLane demand;

  /** Connects the lanes of a delivery. */
  public TargetSession(
      MigrationKey delivery,
      int protocolVersion,
      String source,
      DrivenLoop loop,
      PageInstaller installer,
      LaneListener listener) {
    LaneHello hello =
        LaneHello.newBuilder()
            .setMigration(StatusMessages.ref(delivery))
            .setProtocolVersion(protocolVersion)
            .build();
    drain =
        new Lane<>(
            "drain",
            source,
            new RpcChannel("drain-lane", source, true),
            PageMethods.calledDrain(installer.memory(), installer.sink(LaneKind.DRAIN)),
            DrainRequest.newBuilder().setHello(hello).build(),
            listener);
    try {
      installer.acknowledgements().sendOn(drain::send);
      demand =
          new EventLane(
              loop,
              source,
              PageMethods.calledDemand(installer.memory(), installer.sink(LaneKind.DEMAND)),
              hello,
              listener);
    } catch (RuntimeException | Error e) {
      Ending.after(e, drain::close);
      throw e;
    }
  }

  /** As {@link Session#awaitAttached}. */
  public void awaitAttached() {
    demand.awaitAttached(LANE_TIMEOUT_MILLIS);
    drain.awaitAttached(LANE_TIMEOUT_MILLIS);
  }

  /** Where faults are asked for. */
  public FaultLane demandLane() {
    return demand;
  }

  /** Bytes of frames that came on the demand lane. */
  public long demandBytes() {
    return demand.bytesReceived();
  }

  /** Bytes of frames that came on the drain lane. */
  public long drainBytes() {
    return drain.bytesReceived();
  }

  /** Ends both calls and connections. Idempotent. */
  @Override
  public void close() {
    Ending.all(demand::close, drain::close);
  }
}
