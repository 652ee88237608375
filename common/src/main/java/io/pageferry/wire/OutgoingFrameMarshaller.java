package io.pageferry.wire;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;

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

  /** Transports drain it; reading byte by byte is only for those that cannot. */
  @SuppressWarnings("InputStreamSlowMultibyteRead")
  private static final class FrameStream extends InputStream implements Drainable, KnownLength {
    private final OutgoingFrame frame;
    private final byte[] header = new byte[FrameHeader.MAX_BYTES];
    private final int headerBytes;
    private final long dataBytes;
    private long position;

    FrameStream(OutgoingFrame frame) {
      this.frame = frame;
      headerBytes = FrameHeader.encode(frame, header);
      dataBytes = frame.zero() ? 0 : PageGeometry.bytes(frame.pageCount());
    }

    @Override
    public int available() {
      return (int) (headerBytes + dataBytes - position);
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
      target.write(header, 0, headerBytes);
      MemorySlot slot = frame.slot();
      if (slot != null && dataBytes > 0) {
        copy(slot.segment(), PageGeometry.bytes(frame.firstPage()), target);
      }
      position = headerBytes + dataBytes;
      return (int) position;
    }

    private void copy(MemorySegment from, long start, OutputStream target) throws IOException {
      byte[] chunk = CHUNK.get();
      for (long done = 0; done < dataBytes; done += chunk.length) {
        int length = (int) Math.min(chunk.length, dataBytes - done);
        MemorySegment.copy(from, JAVA_BYTE, start + done, chunk, 0, length);
        target.write(chunk, 0, length);
      }
    }

    @Override
    public int read() {
      if (available() == 0) {
        return -1;
      }
      long at = position++;
      MemorySlot slot = frame.slot();
      if (at < headerBytes || slot == null) {
        return header[(int) at] & 0xff;
      }
      long offset = PageGeometry.bytes(frame.firstPage()) + at - headerBytes;
      return slot.segment().get(JAVA_BYTE, offset) & 0xff;
    }
  }
}
