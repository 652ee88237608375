package io.pageferry.guest.device;

/**
 * A hart's view of the devices, at the addresses of QEMU's virt machine. Stateless but for the
 * devices; used by the hart's thread.
 */
public final class Devices {
  public static final long FINISHER_BASE = 0x10_0000;
  public static final long CLINT_BASE = 0x200_0000;
  public static final long UART_BASE = 0x1000_0000;

  /** What {@link #write} returns unless the guest has ended itself. */
  public static final int GO_ON = -1;

  private static final long FINISHER_BYTES = 0x1000;
  private static final long CLINT_BYTES = 0x1_0000;
  private static final long UART_BYTES = 0x100;
  private static final int FINISHER_PASS = 0x5555;
  private static final int FINISHER_FAIL = 0x3333;

  private final int hart;
  private final Clint clint;
  private final Uart uart;

  public Devices(int hart, Clint clint, Uart uart) {
    this.hart = hart;
    this.clint = clint;
    this.uart = uart;
  }

  /** Whether a device answers at an address. */
  public boolean contain(long address) {
    return within(address, UART_BASE, UART_BYTES)
        || within(address, CLINT_BASE, CLINT_BYTES)
        || within(address, FINISHER_BASE, FINISHER_BYTES);
  }

  private static boolean within(long address, long base, long bytes) {
    return Long.compareUnsigned(address - base, bytes) < 0;
  }

  /** A load by the hart after {@code retired} instructions; zero-extended. */
  public long read(long address, int size, long retired) {
    if (within(address, CLINT_BASE, CLINT_BYTES)) {
      return clint.read(address - CLINT_BASE, size, hart, retired);
    }
    return within(address, UART_BASE, UART_BYTES) ? uart.read((int) (address - UART_BASE)) : 0;
  }

  /**
   * A store by the hart after {@code retired} instructions.
   *
   * @return the guest's exit code, not negative, or {@link #GO_ON}
   */
  public int write(long address, int size, long value, long retired) {
    if (within(address, CLINT_BASE, CLINT_BYTES)) {
      clint.write(address - CLINT_BASE, size, value, hart, retired);
    } else if (within(address, UART_BASE, UART_BYTES)) {
      uart.write((int) (address - UART_BASE), (int) value);
    } else if (address == FINISHER_BASE) {
      return finish((int) value);
    }
    return GO_ON;
  }

  private static int finish(int value) {
    return switch (value & 0xffff) {
      case FINISHER_PASS -> 0;
      case FINISHER_FAIL -> value >>> 16;
      default -> GO_ON;
    };
  }
}
