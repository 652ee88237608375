package io.pageferry.wire;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Drainable;
import io.grpc.HasByteBuffer;
import io.grpc.KnownLength;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.SlotLayout;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import io.pageferry.proto.v1.PageFrame;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rule 8: hand-written marshalling produces exactly the bytes that the .proto describes. */
class PageFrameTest {
  private static final int PAGES = 300;

  private final GuestMemory memory =
      GuestMemory.anonymous(
          List.of(
              new SlotLayout(0, 0x8000_0000L, PageGeometry.bytes(PAGES)),
              new SlotLayout(7, 0x1_0000_0000L, PageGeometry.bytes(PAGES))));
  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  @BeforeEach
  void fillMemory() {
    System.out.println("seed " + seed);
    for (MemorySlot slot : memory.slots()) {
      byte[] bytes = new byte[(int) slot.sizeBytes()];
      random.nextBytes(bytes);
      MemorySegment.copy(bytes, 0, slot.segment(), JAVA_BYTE, 0, bytes.length);
    }
  }

  @AfterEach
  void closeMemory() {
    memory.close();
  }

  @Test
  void framesLeaveWithTheBytesOfTheGeneratedClass() throws IOException {
    for (MemorySlot slot : memory.slots()) {
      for (int i = 0; i < 200; i++) {
        long first = random.nextInt(PAGES);
        int count = 1 + random.nextInt((int) Math.min(64, PAGES - first));
        OutgoingFrame frame =
            random.nextBoolean()
                ? OutgoingFrame.bytes(slot, first, count)
                : OutgoingFrame.zeros(slot, first, count);
        byte[] expected = generated(frame).toByteArray();
        assertThat(drained(frame)).isEqualTo(expected);
        assertThat(read(frame)).isEqualTo(expected);
        assertThat(frame.encodedBytes()).isEqualTo(expected.length);
      }
    }
  }

  @Test
  void theAnswerToAHelloIsTheEmptyMessage() throws IOException {
    assertThat(drained(OutgoingFrame.ATTACHED)).isEmpty();
  }

  /** The vectors of docs/protocol.md. */
  @Test
  void documentedFramesHaveTheDocumentedBytes() throws IOException {
    MemorySlot first = memory.slots().getFirst();
    MemorySlot second = memory.slots().getLast();
    byte[] withData = drained(OutgoingFrame.bytes(first, 3, 1));
    assertThat(HexFormat.of().formatHex(withData, 0, 7)).isEqualTo("10031801228020");
    assertThat(withData).hasSize(7 + PageGeometry.PAGE_SIZE);
    assertThat(HexFormat.of().formatHex(drained(OutgoingFrame.zeros(second, 298, 2))))
        .isEqualTo("080710aa021802");
    assertThat(HexFormat.of().formatHex(drained(OutgoingFrame.acknowledged(first, 3))))
        .isEqualTo("1003");
    assertThat(HexFormat.of().formatHex(drained(OutgoingFrame.lost(first, 3))))
        .isEqualTo("100318012801");
  }

  @Test
  void aFrameOfALostPageArrivesAsLost() throws IOException {
    OutgoingFrame frame = OutgoingFrame.lost(memory.slots().getLast(), 9);
    byte[] message = drained(frame);
    assertThat(message)
        .isEqualTo(
            PageFrame.newBuilder()
                .setSlot(memory.slots().getLast().id())
                .setFirstPage(9)
                .setPageCount(1)
                .setLost(true)
                .build()
                .toByteArray());
    try (GuestMemory target = sameLayout()) {
      RecordingSink sink = new RecordingSink();
      var _ = new InstallingMarshaller(target, sink).parse(new CutStream(message, random));
      assertThat(sink.lost).isTrue();
      assertThat(sink.slot).isEqualTo(memory.slots().getLast().id());
      assertThat(sink.first).isEqualTo(9);
    }
  }

  @Test
  void framesOfTheGeneratedClassArriveByteForByteHoweverTheTransportCutsThem() {
    for (int i = 0; i < 200; i++) {
      MemorySlot from = memory.slots().get(i % 2);
      long first = random.nextInt(PAGES);
      int count = 1 + random.nextInt((int) Math.min(64, PAGES - first));
      OutgoingFrame frame =
          random.nextInt(4) > 0
              ? OutgoingFrame.bytes(from, first, count)
              : OutgoingFrame.zeros(from, first, count);
      byte[] message = generated(frame).toByteArray();
      try (GuestMemory target = sameLayout()) {
        RecordingSink sink = new RecordingSink();
        InstallingMarshaller marshaller = new InstallingMarshaller(target, sink);
        InputStream stream =
            random.nextBoolean() ? new CutStream(message, random) : new PlainStream(message);
        assertThat(marshaller.parse(stream).bytes()).isEqualTo(message.length);
        assertThat(sink.slot).isEqualTo(from.id());
        assertThat(sink.first).isEqualTo(first);
        assertThat(sink.count).isEqualTo(count);
        assertThat(sink.zero).isEqualTo(frame.zero());
        MemorySlot to = target.slots().get(i % 2);
        for (long page = first; page < first + count && !frame.zero(); page++) {
          assertThat(page(to, page)).as("page %d", page).isEqualTo(page(from, page));
        }
      }
    }
  }

  @Test
  void skippedPagesLeaveMemoryAlone() {
    byte[] message = generated(OutgoingFrame.bytes(memory.slots().getFirst(), 3, 5)).toByteArray();
    try (GuestMemory target = sameLayout()) {
      RecordingSink sink = new RecordingSink();
      sink.skip = true;
      var _ = new InstallingMarshaller(target, sink).parse(new CutStream(message, random));
      assertThat(page(target.slots().getFirst(), 4)).containsOnly(0);
    }
  }

  @Test
  void aFrameOfTheWrongLengthIsRefusedBeforeTheSinkHearsOfIt() {
    byte[] data = new byte[PageGeometry.PAGE_SIZE];
    refused(frame(1, 2, data).toByteArray(), ErrorCode.MALFORMED_FRAME);
    refused(frame(1, 1, new byte[100]).toByteArray(), ErrorCode.MALFORMED_FRAME);
    refused(frame(1, 0, data).toByteArray(), ErrorCode.MALFORMED_FRAME);
    refused(frame(1, 100_000, new byte[0]).toByteArray(), ErrorCode.MALFORMED_FRAME);
    refused(frame(1, -1, new byte[0]).toByteArray(), ErrorCode.MALFORMED_FRAME);
    byte[] whole = frame(1, 1, data).toByteArray();
    for (int length = 1; length < whole.length; length += 97) {
      if (length != 2 && length != 4) {
        refused(java.util.Arrays.copyOf(whole, length), ErrorCode.MALFORMED_FRAME);
      }
    }
    refused(java.util.Arrays.copyOf(whole, whole.length + 1), ErrorCode.MALFORMED_FRAME);
  }

  @Test
  void aFrameForAPageOutsideEverySlotIsRefused() {
    byte[] data = new byte[PageGeometry.PAGE_SIZE];
    refused(frame(PAGES, 1, data).toByteArray(), ErrorCode.PAGE_OUT_OF_RANGE);
    refused(
        frame(PAGES - 1, 2, new byte[2 * data.length]).toByteArray(), ErrorCode.PAGE_OUT_OF_RANGE);
    refused(frame(-1, 1, data).toByteArray(), ErrorCode.PAGE_OUT_OF_RANGE);
    refused(frame(Long.MAX_VALUE, 2, new byte[0]).toByteArray(), ErrorCode.PAGE_OUT_OF_RANGE);
    refused(
        frame(0, 1, data).toBuilder().setSlot(3).build().toByteArray(),
        ErrorCode.PAGE_OUT_OF_RANGE);
  }

  @Test
  void randomBytesNeverReachTheSinkAsAnythingButAWholeFrame() {
    for (int i = 0; i < 20_000; i++) {
      byte[] noise = new byte[random.nextInt(40)];
      random.nextBytes(noise);
      try {
        var _ = new InstallingMarshaller(memory, new RecordingSink()).parse(new PlainStream(noise));
      } catch (PageFerryException e) {
        assertThat(e.code()).isIn(ErrorCode.MALFORMED_FRAME, ErrorCode.PAGE_OUT_OF_RANGE);
      }
    }
  }

  private void refused(byte[] message, ErrorCode code) {
    RecordingSink sink = new RecordingSink();
    assertThatThrownBy(() -> new InstallingMarshaller(memory, sink).parse(new PlainStream(message)))
        .isInstanceOfSatisfying(
            PageFerryException.class, e -> assertThat(e.code()).isEqualTo(code));
    assertThat(sink.count).as("pages the sink heard of").isZero();
  }

  private static PageFrame frame(long first, int count, byte[] data) {
    return PageFrame.newBuilder()
        .setFirstPage(first)
        .setPageCount(count)
        .setData(ByteString.copyFrom(data))
        .build();
  }

  private static PageFrame generated(OutgoingFrame frame) {
    PageFrame.Builder builder =
        PageFrame.newBuilder().setFirstPage(frame.firstPage()).setPageCount(frame.pageCount());
    MemorySlot slot = frame.slot();
    if (slot != null) {
      builder.setSlot(slot.id());
      if (!frame.zero()) {
        builder.setData(
            ByteString.copyFrom(
                slot.segment()
                    .asSlice(
                        PageGeometry.bytes(frame.firstPage()),
                        PageGeometry.bytes(frame.pageCount()))
                    .toArray(JAVA_BYTE)));
      }
    }
    return builder.build();
  }

  private static byte[] drained(OutgoingFrame frame) throws IOException {
    InputStream stream = new OutgoingFrameMarshaller().stream(frame);
    int announced = stream.available();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThat(((Drainable) stream).drainTo(out)).isEqualTo(announced);
    return out.toByteArray();
  }

  private static byte[] read(OutgoingFrame frame) throws IOException {
    return new OutgoingFrameMarshaller().stream(frame).readAllBytes();
  }

  private static byte[] page(MemorySlot slot, long page) {
    return slot.segment()
        .asSlice(PageGeometry.bytes(page), PageGeometry.PAGE_SIZE)
        .toArray(JAVA_BYTE);
  }

  private GuestMemory sameLayout() {
    return GuestMemory.anonymous(
        memory.slots().stream().map(s -> new SlotLayout(s.id(), s.base(), s.sizeBytes())).toList());
  }

  /** Takes every page, or skips every page, and remembers what it was told. */
  private static final class RecordingSink implements PageSink {
    private boolean skip;
    private int slot = -1;
    private long first;
    private int count;
    private boolean zero;
    private boolean lost;

    @Override
    public void install(MemorySlot to, long firstPage, int pageCount, Payload payload, long nanos) {
      remember(to, firstPage, pageCount, false);
      for (long page = firstPage; page < firstPage + pageCount; page++) {
        if (skip) {
          payload.skipPage();
        } else {
          payload.copyPageTo(to.segment(), PageGeometry.bytes(page));
        }
      }
    }

    @Override
    public void installZeros(MemorySlot to, long firstPage, int pageCount, long nanos) {
      remember(to, firstPage, pageCount, true);
    }

    @Override
    public void installLost(MemorySlot to, long firstPage, int pageCount, long nanos) {
      remember(to, firstPage, pageCount, false);
      lost = true;
    }

    private void remember(MemorySlot to, long firstPage, int pageCount, boolean isZero) {
      slot = to.id();
      first = firstPage;
      count = pageCount;
      zero = isZero;
    }
  }

  /** A message in one piece, of known length, without access to its buffer. */
  private static final class PlainStream extends ByteArrayInputStream implements KnownLength {
    PlainStream(byte[] message) {
      super(message);
    }
  }

  /** A message as Netty gives it: in pieces of any size, each a buffer to copy from. */
  private static final class CutStream extends InputStream implements KnownLength, HasByteBuffer {
    private final List<ByteBuffer> pieces = new ArrayList<>();

    CutStream(byte[] message, Random random) {
      for (int at = 0; at < message.length; ) {
        int length = Math.min(message.length - at, 1 + random.nextInt(16_384));
        pieces.add(ByteBuffer.allocateDirect(length).put(message, at, length).flip());
        at += length;
      }
    }

    private void dropEmpty() {
      while (!pieces.isEmpty() && !pieces.getFirst().hasRemaining()) {
        pieces.removeFirst();
      }
    }

    @Override
    public int available() {
      return pieces.stream().mapToInt(ByteBuffer::remaining).sum();
    }

    @Override
    public int read() {
      dropEmpty();
      return pieces.isEmpty() ? -1 : pieces.getFirst().get() & 0xff;
    }

    @Override
    public int read(byte[] to, int offset, int length) {
      dropEmpty();
      if (pieces.isEmpty()) {
        return -1;
      }
      int taken = Math.min(length, pieces.getFirst().remaining());
      pieces.getFirst().get(to, offset, taken);
      return taken;
    }

    @Override
    public long skip(long bytes) {
      long left = bytes;
      for (dropEmpty(); left > 0 && !pieces.isEmpty(); dropEmpty()) {
        ByteBuffer piece = pieces.getFirst();
        int taken = (int) Math.min(left, piece.remaining());
        piece.position(piece.position() + taken);
        left -= taken;
      }
      return bytes - left;
    }

    @Override
    public boolean byteBufferSupported() {
      return true;
    }

    @Override
    public ByteBuffer getByteBuffer() {
      dropEmpty();
      return pieces.isEmpty() ? ByteBuffer.allocate(0) : pieces.getFirst().asReadOnlyBuffer();
    }
  }
}
