package io.pageferry.wire;

import io.grpc.HasByteBuffer;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/**
 * Installs the pages of each frame while gRPC parses it: only then are the transport's buffers at
 * hand, so the bytes are copied once, straight into guest memory. The message that gRPC sees is
 * only the frame's size.
 *
 * <p>One instance per lane. A frame is checked in full before the {@link PageSink} hears of it; one
 * that cannot be right makes {@link #parse} throw MALFORMED_FRAME or PAGE_OUT_OF_RANGE, and gRPC
 * ends the call.
 */
public final class InstallingMarshaller implements MethodDescriptor.Marshaller<FrameSize> {
  private final GuestMemory memory;
  private final PageSink sink;

  /** Frames of one lane, for one guest. */
  public InstallingMarshaller(GuestMemory memory, PageSink sink) {
    this.memory = memory;
    this.sink = sink;
  }

  @Override
  public InputStream stream(FrameSize value) {
    throw new UnsupportedOperationException("The destination never sends page frames.");
  }

  /** Called by gRPC on the lane's event loop. When it returns, the pages are installed. */
  @Override
  public FrameSize parse(InputStream stream) {
    long arrivalNanos = System.nanoTime();
    if (!(stream instanceof KnownLength)) {
      throw malformed("its length is not known");
    }
    try {
      int size = stream.available();
      install(new Parser(stream), arrivalNanos);
      return new FrameSize(size);
    } catch (IOException e) {
      throw new PageFerryException(
          ErrorCode.MALFORMED_FRAME, "A page frame ended early: " + e.getMessage() + ".", e);
    }
  }

  private void install(Parser frame, long arrivalNanos) throws IOException {
    frame.parseHeader();
    if (frame.pageCount == 0) {
      // The answer to a hello, or to a fetch of a page that is installed already: nothing to take
      // in.
      return;
    }
    MemorySlot slot = slot(frame);
    if (frame.lost) {
      sink.installLost(slot, frame.firstPage, frame.pageCount, arrivalNanos);
    } else if (frame.dataBytes < 0) {
      sink.installZeros(slot, frame.firstPage, frame.pageCount, arrivalNanos);
    } else {
      sink.install(slot, frame.firstPage, frame.pageCount, frame, arrivalNanos);
      if (frame.stream.available() != 0) {
        throw new IllegalStateException("The sink left bytes of a frame unread.");
      }
    }
  }

  private MemorySlot slot(Parser frame) {
    MemorySlot slot = memory.slot(frame.slot);
    long pages = slot == null ? 0 : slot.pageCount();
    if (slot == null
        || frame.firstPage < 0
        || frame.firstPage >= pages
        || frame.pageCount > pages - frame.firstPage) {
      throw new PageFerryException(
          ErrorCode.PAGE_OUT_OF_RANGE,
          "A page frame names pages "
              + frame.firstPage
              + " to "
              + (frame.firstPage + frame.pageCount)
              + " of slot "
              + frame.slot
              + ", which the guest does not have.");
    }
    return slot;
  }

  private static PageFerryException malformed(String why) {
    return new PageFerryException(
        ErrorCode.MALFORMED_FRAME, "A page frame cannot be read: " + why + ".");
  }

  /** Reads one message; also the payload once the header is read. */
  private static final class Parser implements PageSink.Payload {
    private final InputStream stream;
    private int slot;
    private long firstPage;
    private int pageCount;
    private long dataBytes = -1;
    private boolean lost;

    Parser(InputStream stream) {
      this.stream = stream;
    }

    void parseHeader() throws IOException {
      int lastTag = 0;
      while (stream.available() > 0 && dataBytes < 0) {
        int tag = (int) varint();
        if (tag <= lastTag) {
          throw malformed("its fields are repeated or out of order");
        }
        lastTag = tag;
        switch (tag) {
          case FrameHeader.TAG_SLOT -> slot = (int) varint();
          case FrameHeader.TAG_FIRST_PAGE -> firstPage = varint();
          case FrameHeader.TAG_PAGE_COUNT -> pageCount = pageCount(varint());
          case FrameHeader.TAG_DATA -> dataBytes = varint();
          case FrameHeader.TAG_LOST -> lost = varint() != 0;
          default -> throw malformed("it has an unknown field with tag " + tag);
        }
      }
      if (dataBytes >= 0
          && (dataBytes != PageGeometry.bytes(pageCount)
              || dataBytes != stream.available()
              || pageCount == 0)) {
        throw malformed(
            "its data has "
                + dataBytes
                + " bytes of which "
                + stream.available()
                + " are there, and it claims "
                + pageCount
                + " pages");
      }
    }

    private static int pageCount(long value) {
      if (value < 0 || value > FrameHeader.MAX_PAGES) {
        throw malformed("it claims " + Long.toUnsignedString(value) + " pages");
      }
      return (int) value;
    }

    private long varint() throws IOException {
      long value = 0;
      for (int shift = 0; shift < 64; shift += 7) {
        int next = stream.read();
        if (next < 0) {
          throw malformed("it ends within a number");
        }
        value |= (long) (next & 0x7f) << shift;
        if (next < 0x80) {
          return value;
        }
      }
      throw malformed("a number has more than ten bytes");
    }

    @Override
    public void copyPageTo(MemorySegment target, long start) {
      long offset = start;
      try {
        if (!(stream instanceof HasByteBuffer buffers) || !buffers.byteBufferSupported()) {
          byte[] bytes = stream.readNBytes(PageGeometry.PAGE_SIZE);
          MemorySegment.copy(
              bytes, 0, target, ValueLayout.JAVA_BYTE, offset, PageGeometry.PAGE_SIZE);
          return;
        }
        int left = PageGeometry.PAGE_SIZE;
        while (left > 0) {
          ByteBuffer chunk = buffers.getByteBuffer();
          int length = chunk == null ? 0 : Math.min(left, chunk.remaining());
          if (chunk == null || length == 0) {
            throw malformed("its data ended early");
          }
          MemorySegment.copy(MemorySegment.ofBuffer(chunk), 0, target, offset, length);
          stream.skipNBytes(length);
          offset += length;
          left -= length;
        }
      } catch (IOException e) {
        throw malformed("its data ended early");
      }
    }

    @Override
    public void skipPage() {
      try {
        stream.skipNBytes(PageGeometry.PAGE_SIZE);
      } catch (IOException e) {
        throw malformed("its data ended early");
      }
    }
  }
}
