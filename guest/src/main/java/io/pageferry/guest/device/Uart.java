package io.pageferry.guest.device;

import io.pageferry.guest.Console;

/**
 * A 16550 serial port, as much of it as a polling driver uses: it is always ready to transmit,
 * raises no interrupts and keeps its line settings without meaning. Any thread.
 */
public final class Uart {
  /** Registers that keep what was written: IER, LCR, MCR, SCR and the divisor latch. */
  public static final int SAVED_BYTES = 6;

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

  public Uart(Console console) {
    this.console = console;
  }

  public synchronized int read(int register) {
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

  public synchronized void write(int register, int value) {
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

  public synchronized byte[] save() {
    return new byte[] {
      (byte) interruptEnable,
      (byte) lineControl,
      (byte) modemControl,
      (byte) scratch,
      (byte) divisorLow,
      (byte) divisorHigh
    };
  }

  /** Continues another port, from its {@link #SAVED_BYTES} bytes. */
  public synchronized void restore(byte[] saved) {
    interruptEnable = saved[0] & 0x0f;
    lineControl = saved[1] & 0xff;
    modemControl = saved[2] & 0x1f;
    scratch = saved[3] & 0xff;
    divisorLow = saved[4] & 0xff;
    divisorHigh = saved[5] & 0xff;
  }
}
