package io.pageferry.source.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import io.pageferry.proto.v1.DrainRequest;
import io.pageferry.proto.v1.LaneHello;
import io.pageferry.proto.v1.PageRange;
import io.pageferry.rpc.ErrorStatus;
import io.pageferry.source.image.Delivery;
import io.pageferry.source.image.FrozenImage;
import io.pageferry.source.image.Pages;
import io.pageferry.wire.Demand;
import io.pageferry.wire.OutgoingFrame;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One set of lanes under one token. */
class SessionTest {
  private static final DrainBandwidth UNLIMITED = new DrainBandwidth(DrainBandwidth.UNLIMITED);
  private final DrainTimer timer = new DrainTimer();
  private static final long PAGES = 256;
  private static final int VCPUS = 2;

  private final GuestMemory memory = Pages.memory(PAGES, PAGES);
  private final MemorySlot slot = Pages.slot(memory);
  private final Delivery delivery = new FrozenImage(memory).newDelivery();
  private final RecordingOwner owner = new RecordingOwner();
  private final Lanes lanes = new Lanes();

  @AfterEach
  void unmap() {
    timer.close();
    memory.close();
  }

  private Session newSession() {
    return new Session(new MigrationKey(new UUID(1, 1), new UUID(2, 2), 2), VCPUS, 0, owner);
  }

  /** The calls of a destination that says hello on each. */
  private final class Lanes {
    final Session session = newSession();
    final RecordingCall<Demand> demandCall = RecordingCall.demand();
    final DemandLane demand = new DemandLane(demandCall, hello -> session);
    final RecordingCall<DrainRequest> drainCall = RecordingCall.drain();
    final DrainLane drain = new DrainLane(drainCall, hello -> session, UNLIMITED, timer);

    void attach() {
      demand.onMessage(Demand.hello(LaneHello.getDefaultInstance()));
      drain.onMessage(DrainRequest.getDefaultInstance());
    }

    void acknowledge(OutgoingFrame frame) {
      drain.onMessage(
          DrainRequest.newBuilder()
              .addInstalled(
                  PageRange.newBuilder()
                      .setSlot(Objects.requireNonNull(frame.slot()).id())
                      .setFirstPage(frame.firstPage())
                      .setPageCount(frame.pageCount()))
              .build());
    }

    /** Pages on the drain lane after the answer to its hello. */
    List<Long> drained() {
      List<Long> pages = new ArrayList<>();
      for (OutgoingFrame frame : drainCall.frames.subList(1, drainCall.frames.size())) {
        LongStream.range(frame.firstPage(), frame.firstPage() + frame.pageCount())
            .forEach(pages::add);
      }
      return pages;
    }
  }

  private static ErrorCode ended(RecordingCall<?> call) {
    return ErrorStatus.fromPeer(Objects.requireNonNull(call.closed), call.trailers)
        .map(PageFerryException::code)
        .orElseThrow(() -> new AssertionError("It ended with " + call.closed));
  }

  private OutgoingFrame fetch(Lanes from, long page) {
    from.demand.onMessage(Demand.fetch(slot.id(), page, 1));
    return from.demandCall.frames.getLast();
  }

  @Test
  void itIsAttachedOnceItHasADemandLaneAndTheDrainLane() {
    assertThat(lanes.session.isAttached()).isFalse();
    lanes.demand.onMessage(Demand.hello(LaneHello.getDefaultInstance()));
    assertThat(lanes.session.isAttached()).isFalse();
    lanes.drain.onMessage(DrainRequest.getDefaultInstance());
    assertThat(lanes.session.isAttached()).isTrue();
    assertThat(lanes.demandCall.frames).containsExactly(OutgoingFrame.ATTACHED);
    assertThat(lanes.drainCall.frames).containsExactly(OutgoingFrame.ATTACHED);
  }

  @Test
  void itTakesADemandLaneForEachVcpuOneForDevicesAndOneDrainLane() {
    lanes.attach();
    for (int more = 1; more < VCPUS + 1; more++) {
      RecordingCall<Demand> taken = RecordingCall.demand();
      new DemandLane(taken, hello -> lanes.session)
          .onMessage(Demand.hello(LaneHello.getDefaultInstance()));
      assertThat(taken.closed).isNull();
    }
    RecordingCall<Demand> surplus = RecordingCall.demand();
    new DemandLane(surplus, hello -> lanes.session)
        .onMessage(Demand.hello(LaneHello.getDefaultInstance()));
    assertThat(ended(surplus)).isEqualTo(ErrorCode.LANE_ALREADY_ATTACHED);
    RecordingCall<DrainRequest> another = RecordingCall.drain();
    new DrainLane(another, hello -> lanes.session, UNLIMITED, timer)
        .onMessage(DrainRequest.getDefaultInstance());
    assertThat(ended(another)).isEqualTo(ErrorCode.LANE_ALREADY_ATTACHED);
    assertThat(owner.losses).as("lanes that never were the session's").isEmpty();
  }

  @Test
  void pagesAreServedOnlyFromTheHandOverOn() {
    lanes.attach();
    lanes.demand.onMessage(Demand.fetch(slot.id(), 5, 1));
    assertThat(ended(lanes.demandCall)).isEqualTo(ErrorCode.WRONG_GUEST_STATE);
    assertThat(delivery.sentPages()).isZero();
  }

  @Test
  void aGuestThatComesBackIsNotServedAnyMore() {
    lanes.attach();
    lanes.session.serve(delivery);
    assertThat(fetch(lanes, 5)).isEqualTo(OutgoingFrame.bytes(slot, 5, 1));
    lanes.session.withhold();
    lanes.demand.onMessage(Demand.fetch(slot.id(), 6, 1));
    assertThat(ended(lanes.demandCall)).isEqualTo(ErrorCode.WRONG_GUEST_STATE);
    assertThat(delivery.isSent(slot, 6)).isFalse();
  }

  @Test
  void itsOwnerLearnsThatEveryPageIsDelivered() {
    lanes.attach();
    lanes.session.serve(delivery);
    OutgoingFrame fetched = fetch(lanes, 200);
    lanes.session.startDrain(Long.MAX_VALUE);
    lanes.acknowledge(fetched);
    for (int next = 1; next < lanes.drainCall.frames.size(); next++) {
      assertThat(owner.delivered).isZero();
      lanes.acknowledge(lanes.drainCall.frames.get(next));
    }
    assertThat(owner.delivered).isEqualTo(1);
    assertThat(lanes.session.demandBytes()).isEqualTo(demandBytesOf(fetched));
    assertThat(lanes.session.drainBytes()).isGreaterThan((PAGES - 1) * 4096);
  }

  private static long demandBytesOf(OutgoingFrame fetched) {
    return OutgoingFrame.ATTACHED.encodedBytes() + fetched.encodedBytes();
  }

  @Test
  void itsOwnerLearnsOfTheFirstLaneThatIsLost() {
    lanes.attach();
    lanes.demand.onCancel();
    lanes.drain.onHalfClose();
    assertThat(owner.losses).containsExactly("the connection of the demand lane was lost");
    assertThat(lanes.session.lost()).isEqualTo(owner.losses.getFirst());
    assertThat(lanes.session.isAttached()).isFalse();
  }

  @Test
  void withoutALaneTheDrainDoesNotStart() {
    lanes.attach();
    lanes.session.serve(delivery);
    lanes.demand.onCancel();
    lanes.session.startDrain(Long.MAX_VALUE);
    assertThat(lanes.drained()).isEmpty();
  }

  @Test
  void lanesThatItEndsAreNotLostAndNoneComesAfterThem() {
    lanes.attach();
    lanes.session.end(new PageFerryException(ErrorCode.GUEST_DISCARDED, "It is gone."));
    lanes.demand.onCancel();
    assertThat(ended(lanes.demandCall)).isEqualTo(ErrorCode.GUEST_DISCARDED);
    assertThat(ended(lanes.drainCall)).isEqualTo(ErrorCode.GUEST_DISCARDED);
    assertThat(owner.losses).isEmpty();
    RecordingCall<Demand> late = RecordingCall.demand();
    new DemandLane(late, hello -> lanes.session)
        .onMessage(Demand.hello(LaneHello.getDefaultInstance()));
    assertThat(ended(late)).isEqualTo(ErrorCode.STALE_MIGRATION);
  }

  @Test
  void theLastLanesEndWithOk() {
    lanes.attach();
    lanes.session.end();
    assertThat(Objects.requireNonNull(lanes.demandCall.closed).getCode()).isEqualTo(Status.Code.OK);
    assertThat(Objects.requireNonNull(lanes.drainCall.closed).getCode()).isEqualTo(Status.Code.OK);
  }

  @Test
  void theNextSessionGoesOnWhereOneEnded() {
    lanes.attach();
    lanes.session.serve(delivery);
    lanes.drainCall.room = 3;
    lanes.session.startDrain(Long.MAX_VALUE);
    List<OutgoingFrame> sent = List.copyOf(lanes.drainCall.frames.subList(1, 3));
    sent.forEach(lanes::acknowledge);
    lanes.session.end(new PageFerryException(ErrorCode.LANE_LOST, "Its link breaks."));

    Lanes next = new Lanes();
    next.attach();
    next.session.serve(delivery);
    next.session.startDrain(Long.MAX_VALUE);
    for (int frame = 1; frame < next.drainCall.frames.size(); frame++) {
      next.acknowledge(next.drainCall.frames.get(frame));
    }
    assertThat(next.drained()).containsExactlyElementsOf(pages(128, PAGES));
    assertThat(lanes.drained()).containsExactlyElementsOf(pages(0, 128));
    assertThat(delivery.isComplete()).isTrue();
    assertThat(owner.delivered).isEqualTo(1);
  }

  private static List<Long> pages(long first, long end) {
    return LongStream.range(first, end).boxed().toList();
  }
}
