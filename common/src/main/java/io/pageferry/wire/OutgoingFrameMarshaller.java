package io.pageferry.wire;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Writes frames straight from guest memory into the transport's buffers. Any thread; the bytes are
 * read during the call that sends the message, so memory that is frozen then may be released
 * afterwards.
 */
public final class OutgoingFrameMarshaller implements MethodDescriptor.Marshaller<OutgoingFrame> {
  private static final int CHUNK_BYTES = 16 * 1024;
  private static final ThreadLocal<byte[]> CHUNK =
      ThreadLocal.withInitial(() -> new byte[CHUNK_BYTES]);

  @Override
  public InputStream stream(OutgoingFrame frame) {
    return new FrameStream(frame);
  }

  @Override
  public OutgoingFrame parse(InputStream stream) {
    throw new UnsupportedOperationException("The source never receives page frames.");
  }

  /** Transports drain it; reading is only for those that cannot. */
  @SuppressWarnings("InputStreamSlowMultibyteRead")
  private static final class FrameStream extends InputStream implements Drainable, KnownLength {
    private final OutgoingFrame frame;
    private final int size;
    private boolean drained;
    private @Nullable ByteArrayInputStream bytes;

    FrameStream(OutgoingFrame frame) {
      this.frame = frame;
      size = (int) frame.encodedBytes();
    }

    @Override
    public int available() {
      if (bytes != null) {
        return bytes.available();
      }
      return drained ? 0 : size;
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
      MemorySegment copy = frame.copy();
      MemorySegment content = copy != null ? copy : slotContent(frame.slot());
      long from = copy != null ? 0 : PageGeometry.bytes(frame.firstPage());
      // The header and the first pages leave in one piece.
      byte[] chunk = CHUNK.get();
      int filled = FrameHeader.encode(frame, chunk);
      int left = size - filled;
      do {
        int length = Math.min(chunk.length - filled, left);
        if (length > 0) {
          MemorySegment.copy(content, JAVA_BYTE, from, chunk, filled, length);
        }
        target.write(chunk, 0, filled + length);
        from += length;
        left -= length;
        filled = 0;
      } while (left > 0);
      drained = true;
      return size;
    }

    private static MemorySegment slotContent(@Nullable MemorySlot slot) {
      return slot == null ? MemorySegment.NULL : slot.segment();
    }

    @Override
    public int read() throws IOException {
      if (bytes == null) {
        ByteArrayOutputStream whole = new ByteArrayOutputStream(size);
        var _ = drainTo(whole);
        bytes = new ByteArrayInputStream(whole.toByteArray());
      }
      return bytes.read();
    }
  }
}
