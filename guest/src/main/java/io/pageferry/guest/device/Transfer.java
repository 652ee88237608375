package io.pageferry.guest.device;

import static io.pageferry.guest.state.MalformedStateException.require;

import io.pageferry.guest.device.DeviceMemory.Outcome;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The descriptor that a {@link Dma} works on, and how far it is. Goes on at any piece, also in
 * another machine. Used by the device's thread, or while the machine does not run.
 *
 * <p>A descriptor has 64 bytes, in little-endian words of 8:
 *
 * <pre>
 * 0x00  source address; for a fill, the byte to fill with
 * 0x08  destination address; unused by a checksum
 * 0x10  length in bytes, up to 2^48
 * 0x18  operation: 0 copy, 1 fill, 2 checksum
 * 0x20  status, written by the device at the end: 1 done, 2 bad descriptor, 3 bad address
 * 0x28  result, written by the device: of a checksum, the 64-bit FNV-1a hash of the bytes
 * </pre>
 */
final class Transfer {
  static final int DESCRIPTOR_BYTES = 64;

  private static final int COPY = 0;
  private static final int FILL = 1;
  private static final int CHECKSUM = 2;

  private static final int UNDER_WAY = 0;
  private static final int DONE = 1;
  private static final int BAD_DESCRIPTOR = 2;
  private static final int BAD_ADDRESS = 3;

  private static final int STATUS = 0x20;
  private static final int REPORT_BYTES = 16;
  private static final long MAX_LENGTH = 1L << 48;

  private static final long FNV_BASIS = 0xcbf2_9ce4_8422_2325L;
  private static final long FNV_PRIME = 0x100_0000_01b3L;

  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final byte[] buffer = new byte[DeviceMemory.PAGE_BYTES];

  /** Written by the device's thread; the registers' status reads it. */
  private volatile boolean active;

  private long descriptor;
  private long source;
  private long destination;
  private long length;
  private int operation;
  private int status;
  private long done;
  private long result;

  /** Whether a descriptor was read and its end not reported yet. */
  boolean isActive() {
    return active;
  }

  /** Reads the descriptor at an address. */
  Outcome begin(DeviceMemory memory, long address) {
    Outcome outcome = memory.read(address, buffer, DESCRIPTOR_BYTES);
    if (outcome == Outcome.DONE) {
      descriptor = address;
      source = word(0x00);
      destination = word(0x08);
      length = word(0x10);
      long wanted = word(0x18);
      boolean known = wanted >= COPY && wanted <= CHECKSUM;
      operation = known ? (int) wanted : COPY;
      status = known && length >= 0 && length <= MAX_LENGTH ? UNDER_WAY : BAD_DESCRIPTOR;
      done = 0;
      result = operation == CHECKSUM ? FNV_BASIS : 0;
      active = true;
    }
    return outcome;
  }

  private long word(int offset) {
    return (long) WORD.get(buffer, offset);
  }

  /** Whether only the report is left. */
  boolean isOver() {
    return status != UNDER_WAY || done == length;
  }

  /** Does the next piece, which lies within a page at both ends. */
  void advance(DeviceMemory memory) {
    int piece = piece();
    Outcome outcome =
        switch (operation) {
          case COPY -> copy(memory, piece);
          case FILL -> fill(memory, piece);
          default -> add(memory, piece);
        };
    switch (outcome) {
      case DONE -> done += piece;
      case REFUSED -> status = BAD_ADDRESS;
      case STOPPED -> {}
    }
  }

  private int piece() {
    long most = length - done;
    if (operation != FILL) {
      most = Math.min(most, leftOfPage(source + done));
    }
    if (operation != CHECKSUM) {
      most = Math.min(most, leftOfPage(destination + done));
    }
    return (int) most;
  }

  private static int leftOfPage(long address) {
    return DeviceMemory.PAGE_BYTES - (int) (address & (DeviceMemory.PAGE_BYTES - 1));
  }

  private Outcome copy(DeviceMemory memory, int piece) {
    Outcome read = memory.read(source + done, buffer, piece);
    return read == Outcome.DONE ? memory.write(destination + done, buffer, piece) : read;
  }

  private Outcome fill(DeviceMemory memory, int piece) {
    Arrays.fill(buffer, 0, piece, (byte) source);
    return memory.write(destination + done, buffer, piece);
  }

  private Outcome add(DeviceMemory memory, int piece) {
    Outcome read = memory.read(source + done, buffer, piece);
    if (read == Outcome.DONE) {
      for (int i = 0; i < piece; i++) {
        result = (result ^ (buffer[i] & 0xff)) * FNV_PRIME;
      }
    }
    return read;
  }

  /** Writes status and result into the descriptor. */
  Outcome report(DeviceMemory memory) {
    WORD.set(buffer, 0, (long) (status == UNDER_WAY ? DONE : status));
    WORD.set(buffer, Long.BYTES, result);
    Outcome outcome = memory.write(descriptor + STATUS, buffer, REPORT_BYTES);
    active = outcome == Outcome.STOPPED;
    return outcome;
  }

  void save(DataOutput out) throws IOException {
    out.writeBoolean(active);
    out.writeByte(operation);
    out.writeByte(status);
    for (long value : new long[] {descriptor, source, destination, length, done, result}) {
      out.writeLong(value);
    }
  }

  void load(DataInput in) throws IOException {
    active = in.readBoolean();
    operation = in.readUnsignedByte();
    status = in.readUnsignedByte();
    descriptor = in.readLong();
    source = in.readLong();
    destination = in.readLong();
    length = in.readLong();
    done = in.readLong();
    result = in.readLong();
    boolean possible =
        operation <= CHECKSUM
            && (status == UNDER_WAY || status == BAD_DESCRIPTOR || status == BAD_ADDRESS)
            && descriptor % DESCRIPTOR_BYTES == 0
            && (status == BAD_DESCRIPTOR
                || (length >= 0 && length <= MAX_LENGTH && done >= 0 && done <= length));
    require(possible, "its DMA device is at a place where none can be");
  }
}
