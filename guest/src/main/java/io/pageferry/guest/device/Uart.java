package io.pageferry.guest.device;

import io.pageferry.guest.Console;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * A 16550 serial port, as much of it as a polling driver uses: it is always ready to transmit,
 * raises no interrupts and keeps its line settings without meaning. The console behind it belongs
 * to its state. Any thread.
 */
public final class Uart implements Device {
  /** Where it is. */
  public static final long BASE = 0x1000_0000;

  private static final int LINE_CONTROL = 3;
  private static final int DIVISOR_ACCESS = 0x80;
  private static final int TRANSMITTER_EMPTY = 0x60;
  private static final int DATA_READY = 0x01;
  private static final int NO_INTERRUPT = 0x01;
  private static final int MODEM_CONNECTED = 0xb0;

  private final Console console;
  private int interruptEnable;
  private int lineControl;
  private int modemControl;
  private int scratch;
  private int divisorLow;
  private int divisorHigh;

  /** A port with a console behind it. */
  public Uart(Console console) {
    this.console = console;
  }

  @Override
  public String tag() {
    return "uart";
  }

  @Override
  public long base() {
    return BASE;
  }

  @Override
  public long sizeBytes() {
    return 0x100;
  }

  @Override
  public long load(long offset, int size, int vcpu, long retired) {
    return read((int) offset);
  }

  @Override
  public int store(long offset, int size, long value, int vcpu, long retired) {
    write((int) offset, (int) value);
    return GO_ON;
  }

  private synchronized int read(int register) {
    boolean divisor = (lineControl & DIVISOR_ACCESS) != 0;
    return switch (register) {
      case 0 -> divisor ? divisorLow : Math.max(console.receive(), 0);
      case 1 -> divisor ? divisorHigh : interruptEnable;
      case 2 -> NO_INTERRUPT;
      case LINE_CONTROL -> lineControl;
      case 4 -> modemControl;
      case 5 -> TRANSMITTER_EMPTY | (console.hasInput() ? DATA_READY : 0);
      case 6 -> MODEM_CONNECTED;
      case 7 -> scratch;
      default -> 0;
    };
  }

  private synchronized void write(int register, int value) {
    int octet = value & 0xff;
    boolean divisor = (lineControl & DIVISOR_ACCESS) != 0;
    switch (register) {
      case 0 -> {
        if (divisor) {
          divisorLow = octet;
        } else {
          console.transmit((byte) octet);
        }
      }
      case 1 -> {
        if (divisor) {
          divisorHigh = octet;
        } else {
          interruptEnable = octet & 0x0f;
        }
      }
      case LINE_CONTROL -> lineControl = octet;
      case 4 -> modemControl = octet & 0x1f;
      case 7 -> scratch = octet;
      default -> {}
    }
  }

  @Override
  public synchronized void save(DataOutput out) throws IOException {
    out.writeByte(interruptEnable);
    out.writeByte(lineControl);
    out.writeByte(modemControl);
    out.writeByte(scratch);
    out.writeByte(divisorLow);
    out.writeByte(divisorHigh);
    console.save(out);
  }

  /** {@inheritDoc} Bits that do not exist are dropped. */
  @Override
  public synchronized void load(DataInput in) throws IOException {
    interruptEnable = in.readUnsignedByte() & 0x0f;
    lineControl = in.readUnsignedByte();
    modemControl = in.readUnsignedByte() & 0x1f;
    scratch = in.readUnsignedByte();
    divisorLow = in.readUnsignedByte();
    divisorHigh = in.readUnsignedByte();
    console.load(in);
  }
}
