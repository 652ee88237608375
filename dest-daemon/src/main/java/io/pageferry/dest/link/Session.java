package io.pageferry.dest.link;

import io.grpc.MethodDescriptor;
import io.pageferry.daemon.guest.StatusMessages;
import io.pageferry.dest.install.PageInstaller;
import io.pageferry.host.Ending;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.proto.v1.LaneHello;
import io.pageferry.rpc.RpcChannel;
import io.pageferry.wire.Demand;
import io.pageferry.wire.FrameSize;
import io.pageferry.wire.LaneKind;
import io.pageferry.wire.PageMethods;
import java.util.ArrayList;
import java.util.List;

/**
 * One set of lanes to the source: demand lanes, one for each thread that waits for pages, and the
 * drain lane. All of them show the same hello, which the source knows the migration by. A migration
 * may outlive its session; which pages are here, asked for or acknowledged is no matter of the
 * session.
 *
 * <p>Any thread. Owns the lanes until {@link #close}.
 */
public final class Session implements AutoCloseable {
  private static final long LANE_TIMEOUT_MILLIS = 5_000;

  private final List<DemandLane> demandLanes = new ArrayList<>();
  private final Lane<DrainRequest> drainLane;

  /**
   * Connects the lanes of a migration; {@code installer} takes what comes on them, and acknowledges
   * on the drain lane.
   *
   * @param source where the source serves pages, host:port
   * @param demandLaneCount one for each vCPU, and what devices need
   * @param listener told of each lane that ends by itself
   */
  public Session(
      MigrationKey migration,
      int protocolVersion,
      String source,
      int demandLaneCount,
      PageInstaller installer,
      LaneListener listener) {
    LaneHello hello =
        LaneHello.newBuilder()
            .setMigration(StatusMessages.ref(migration))
            .setProtocolVersion(protocolVersion)
            .build();
    MethodDescriptor<Demand, FrameSize> demand =
        PageMethods.calledDemand(installer.memory(), installer.sink(LaneKind.DEMAND));
    MethodDescriptor<DrainRequest, FrameSize> drain =
        PageMethods.calledDrain(installer.memory(), installer.sink(LaneKind.DRAIN));
    drainLane =
        new Lane<>(
            "drain",
            source,
            new RpcChannel("drain-lane", source, true),
            drain,
            DrainRequest.newBuilder().setHello(hello).build(),
            listener);
    try {
      installer.acknowledgements().sendOn(drainLane::send);
      for (int lane = 0; lane < demandLaneCount; lane++) {
        demandLanes.add(new DemandLane(lane, source, installer.pages(), demand, hello, listener));
      }
    } catch (RuntimeException | Error e) {
      Ending.after(e, this::close);
      throw e;
    }
  }

  /**
   * Waits until the source has accepted every lane.
   *
   * @throws PageFerryException the source's reason, or LANE_LOST; the caller then closes this
   */
  public void awaitAttached() {
    demandLanes.forEach(lane -> lane.awaitAttached(LANE_TIMEOUT_MILLIS));
    drainLane.awaitAttached(LANE_TIMEOUT_MILLIS);
  }

  /** How many lanes it has. */
  public int lanes() {
    return demandLanes.size() + 1;
  }

  /** As many demand lanes as were asked for. */
  public List<DemandLane> demandLanes() {
    return List.copyOf(demandLanes);
  }

  /** Bytes of frames that came on the demand lanes. */
  public long demandBytes() {
    return demandLanes.stream().mapToLong(DemandLane::bytesReceived).sum();
  }

  /** Bytes of frames that came on the drain lane. */
  public long drainBytes() {
    return drainLane.bytesReceived();
  }

  /** Ends every call and connection; whoever waits goes on waiting, parked. Idempotent. */
  @Override
  public void close() {
    Ending.all(this::closeDemandLanes, drainLane::close);
  }

  private void closeDemandLanes() {
    Ending.all(demandLanes.stream().map(lane -> (Runnable) lane::close).toArray(Runnable[]::new));
  }
}
