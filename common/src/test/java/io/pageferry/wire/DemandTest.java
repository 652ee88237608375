package io.pageferry.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pageferry.proto.v1.DemandRequest;
import io.pageferry.proto.v1.LaneHello;
import io.pageferry.proto.v1.MigrationRef;
import io.pageferry.proto.v1.PageRange;
import io.pageferry.proto.v1.Prefetch;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rule 8: what travels up a demand lane is a {@code DemandRequest}, whoever wrote it. */
class DemandTest {
  private static final LaneHello HELLO =
      LaneHello.newBuilder()
          .setMigration(MigrationRef.newBuilder().setMigrationId("m").setGuestId("g").setEpoch(2))
          .setProtocolVersion(1)
          .build();

  private final DemandMarshaller marshaller = new DemandMarshaller();
  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  @BeforeEach
  void printSeed() {
    System.out.println("seed " + seed);
  }

  @Test
  void demandsLeaveWithTheBytesOfTheGeneratedClass() throws IOException {
    for (int i = 0; i < 20_000; i++) {
      Demand demand = randomDemand();
      byte[] expected = generated(demand).toByteArray();
      assertThat(written(demand)).as("%s", demand).isEqualTo(expected);
      assertThat(marshaller.stream(demand).readAllBytes()).isEqualTo(expected);
    }
    assertThat(written(Demand.hello(HELLO)))
        .isEqualTo(generated(Demand.hello(HELLO)).toByteArray());
  }

  /** The vectors of docs/protocol.md. */
  @Test
  void documentedFetchesHaveTheDocumentedBytes() throws IOException {
    Demand fetch = Demand.fetch(0, 3, 1);
    assertThat(HexFormat.of().formatHex(written(fetch))).isEqualTo("120410031801");
    assertThat(HexFormat.of().formatHex(written(fetch.thenPrefetch(4, -1, 3))))
        .isEqualTo("1204100318011a06080410011803");
  }

  @Test
  void messagesOfTheGeneratedClassArriveAsWhatTheyAre() {
    for (int i = 0; i < 20_000; i++) {
      Demand demand = randomDemand();
      assertThat(parsed(generated(demand).toByteArray())).isEqualTo(demand);
    }
    assertThat(parsed(generated(Demand.hello(HELLO)).toByteArray())).isEqualTo(Demand.hello(HELLO));
  }

  @Test
  void fieldsOfLaterVersionsArePassedOver() {
    UnknownFieldSet later =
        UnknownFieldSet.newBuilder()
            .addField(
                14,
                UnknownFieldSet.Field.newBuilder()
                    .addVarint(-1)
                    .addLengthDelimited(ByteString.copyFromUtf8("later"))
                    .addGroup(UnknownFieldSet.getDefaultInstance())
                    .build())
            .build();
    Demand demand = Demand.fetch(7, 298, 1).thenPrefetch(299, -1, 4);
    DemandRequest known = generated(demand);
    List<DemandRequest> extended =
        List.of(
            known.toBuilder().setUnknownFields(later).build(),
            known.toBuilder()
                .setFetch(known.getFetch().toBuilder().setUnknownFields(later))
                .build(),
            known.toBuilder()
                .setPrefetch(known.getPrefetch().toBuilder().setUnknownFields(later))
                .build());
    for (DemandRequest message : extended) {
      assertThat(parsed(message.toByteArray())).isEqualTo(demand);
    }
  }

  @Test
  void fieldsMayComeInAnyOrderAndInPartsAsProtobufAllows() throws IOException {
    byte[] prefetch = generated(Demand.fetch(0, 0, 0).thenPrefetch(5, 2, 3)).toByteArray();
    byte[] fetch = generated(Demand.fetch(1, 2, 3)).toByteArray();
    byte[] anotherPage = generated(Demand.fetch(0, 9, 0)).toByteArray();
    assertThat(parsed(join(prefetch, fetch)))
        .isEqualTo(Demand.fetch(1, 2, 3).thenPrefetch(5, 2, 3));
    assertThat(parsed(join(fetch, anotherPage))).isEqualTo(Demand.fetch(1, 9, 3));
    assertThat(parsed(join(fetch, generated(Demand.hello(HELLO)).toByteArray())))
        .isEqualTo(Demand.hello(HELLO));
    byte[] backwards = {0x12, 4, 0x18, 3, 0x10, 2};
    assertThat(parsed(backwards)).isEqualTo(Demand.fetch(0, 2, 3));
  }

  /** Bytes that are nearly a fetch: each is read as the generated class reads it, or refused. */
  @Test
  void whateverArrivesIsUnderstoodOrRefusedAsTheGeneratedClassDoes() throws IOException {
    for (int i = 0; i < 200_000; i++) {
      byte[] bytes = damaged(generated(randomDemand()).toByteArray());
      DemandRequest expected;
      try {
        expected = DemandRequest.parseFrom(bytes);
      } catch (InvalidProtocolBufferException e) {
        assertRefused(bytes);
        continue;
      }
      Demand demand = parsed(bytes);
      assertThat(demand.hello() != null).isEqualTo(expected.hasHello());
      if (demand.hello() == null) {
        assertThat(generated(demand))
            .as(HexFormat.of().formatHex(bytes))
            .isEqualTo(known(expected));
      }
    }
  }

  private void assertRefused(byte[] bytes) {
    Throwable refusal = catchThrowable(() -> parsed(bytes));
    assertThat(refusal)
        .as(HexFormat.of().formatHex(bytes))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
              assertThat(e.getStatus().getDescription())
                  .isEqualTo("Invalid protobuf byte sequence");
            });
  }

  private Demand randomDemand() {
    Demand fetch = Demand.fetch((int) number(), number(), (int) number());
    int prefetchCount = (int) number();
    return prefetchCount == 0 ? fetch : fetch.thenPrefetch(number(), number(), prefetchCount);
  }

  /** Of any length, 0 and negative ones among them. */
  private long number() {
    return random.nextInt(6) == 0 ? 0 : random.nextLong() >> random.nextInt(64);
  }

  private byte[] damaged(byte[] message) {
    byte[] bytes = Arrays.copyOf(message, Math.max(0, message.length + random.nextInt(4) - 2));
    for (int changes = random.nextInt(3); changes > 0 && bytes.length > 0; changes--) {
      bytes[random.nextInt(Math.min(bytes.length, 16))] = (byte) random.nextInt(64);
    }
    return bytes;
  }

  /** The message without what a demand does not hold: unknown fields, an empty prefetch. */
  private static DemandRequest known(DemandRequest message) {
    PageRange fetch = message.getFetch();
    Prefetch prefetch = message.getPrefetch();
    Demand demand = Demand.fetch(fetch.getSlot(), fetch.getFirstPage(), fetch.getPageCount());
    return generated(
        demand.thenPrefetch(prefetch.getFirstPage(), prefetch.getStep(), prefetch.getCount()));
  }

  private static DemandRequest generated(Demand demand) {
    if (demand.hello() != null) {
      return DemandRequest.newBuilder().setHello(demand.hello()).build();
    }
    DemandRequest.Builder request =
        DemandRequest.newBuilder()
            .setFetch(
                PageRange.newBuilder()
                    .setSlot(demand.slotId())
                    .setFirstPage(demand.firstPage())
                    .setPageCount(demand.pageCount()));
    if (demand.prefetchCount() != 0) {
      request.setPrefetch(
          Prefetch.newBuilder()
              .setFirstPage(demand.prefetchFirst())
              .setStep(demand.prefetchStep())
              .setCount(demand.prefetchCount()));
    }
    return request.build();
  }

  private byte[] written(Demand demand) throws IOException {
    InputStream stream = marshaller.stream(demand);
    int announced = stream.available();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThat(stream).isInstanceOf(KnownLength.class);
    assertThat(((Drainable) stream).drainTo(out)).isEqualTo(announced);
    assertThat(stream.available()).isZero();
    return out.toByteArray();
  }

  /** Not always in a stream of known length, as gRPC gives it from Netty. */
  private Demand parsed(byte[] message) {
    return marshaller.parse(
        random.nextInt(4) == 0
            ? new ByteArrayInputStream(message)
            : new MessageOfKnownLength(message));
  }

  private static byte[] join(byte[] first, byte[] second) {
    return ByteString.copyFrom(first).concat(ByteString.copyFrom(second)).toByteArray();
  }

  private static final class MessageOfKnownLength extends ByteArrayInputStream
      implements KnownLength {
    MessageOfKnownLength(byte[] message) {
      super(message);
    }
  }
}
