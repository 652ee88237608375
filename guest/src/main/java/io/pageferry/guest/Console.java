package io.pageferry.guest;

import static io.pageferry.guest.state.MalformedStateException.require;

import io.pageferry.guest.state.StateFormat;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * The host's end of the guest's serial port. Keeps the last {@link #CAPACITY} bytes that the guest
 * wrote and up to {@link #INPUT_CAPACITY} bytes that it has not read. Any thread.
 */
public final class Console {
  /** Bytes of output kept. */
  public static final int CAPACITY = 64 * 1024;

  /** Bytes of input that may wait. */
  public static final int INPUT_CAPACITY = 4096;

  private final byte[] output = new byte[CAPACITY];
  private long written;
  private final byte[] input = new byte[INPUT_CAPACITY];
  private int inputStart;
  private int inputCount;

  /** The guest writes a byte. */
  public synchronized void transmit(byte value) {
    output[(int) (written++ % CAPACITY)] = value;
    notifyAll();
  }

  /** The guest reads a byte, or gets -1 when none waits. */
  public synchronized int receive() {
    if (inputCount == 0) {
      return -1;
    }
    byte value = input[inputStart];
    inputStart = (inputStart + 1) % INPUT_CAPACITY;
    inputCount--;
    return value & 0xff;
  }

  /** Whether a byte waits for the guest. */
  public synchronized boolean hasInput() {
    return inputCount > 0;
  }

  /**
   * Bytes for the guest, all or none.
   *
   * @return false when there is no room for all of them
   */
  public synchronized boolean send(byte[] data) {
    if (data.length > INPUT_CAPACITY - inputCount) {
      return false;
    }
    for (byte value : data) {
      input[(inputStart + inputCount++) % INPUT_CAPACITY] = value;
    }
    return true;
  }

  /** Number of bytes the guest has written since its start. */
  public synchronized long length() {
    return written;
  }

  /**
   * Offset of the first byte {@link #read} gives when asked for {@code offset}.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public synchronized long clamp(long offset) {
    if (offset < 0) {
      throw new IllegalArgumentException(
          "An offset into the console counts from 0; it is " + offset + ".");
    }
    return Math.min(written, Math.max(offset, written - CAPACITY));
  }

  /** What the guest wrote from {@link #clamp clamp(offset)} on. */
  public synchronized byte[] read(long offset) {
    long from = clamp(offset);
    byte[] data = new byte[(int) (written - from)];
    for (int i = 0; i < data.length; i++) {
      data[i] = output[(int) ((from + i) % CAPACITY)];
    }
    return data;
  }

  /** Waits until the guest has written beyond {@code offset}, or the time is over. */
  public synchronized void await(long offset, long millis) throws InterruptedException {
    long deadline = System.nanoTime() + millis * 1_000_000;
    while (written <= offset) {
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        return;
      }
      wait(left);
    }
  }

  /** Input that waits, a copy. */
  public synchronized byte[] pendingInput() {
    byte[] pending = new byte[inputCount];
    for (int i = 0; i < inputCount; i++) {
      pending[i] = input[(inputStart + i) % INPUT_CAPACITY];
    }
    return pending;
  }

  /** Writes the number of bytes of output, the last of them, and the input that waits. */
  public synchronized void save(DataOutput out) throws IOException {
    out.writeLong(written);
    StateFormat.writeBlob(out, read(0));
    StateFormat.writeBlob(out, pendingInput());
  }

  /**
   * Goes on from what another console has written with {@link #save}.
   *
   * @throws MalformedStateException if no console can have written it
   */
  public synchronized void load(DataInput in) throws IOException {
    long length = in.readLong();
    byte[] tail = StateFormat.readBlob(in, CAPACITY);
    byte[] pending = StateFormat.readBlob(in, INPUT_CAPACITY);
    require(length >= 0, "its console has a negative length");
    require(tail.length == Math.min(length, CAPACITY), "its console's tail is incomplete");
    written = length - tail.length;
    for (byte value : tail) {
      output[(int) (written++ % CAPACITY)] = value;
    }
    inputStart = 0;
    inputCount = pending.length;
    System.arraycopy(pending, 0, input, 0, pending.length);
  }
}
