package io.pageferry.guest.device;

import java.io.DataInput;
import java.io.DataOutput;

/**
 * SiFive's test finisher, with which a guest ends itself: a store of 0x5555 to its first address is
 * success, one of 0x3333 is failure with the exit code in the upper half. It has no state. Any
 * thread.
 */
public final class Finisher implements Device {
  /** Where it is. */
  public static final long BASE = 0x10_0000;

  private static final int PASS = 0x5555;
  private static final int FAIL = 0x3333;

  @Override
  public String tag() {
    return "finisher";
  }

  @Override
  public long base() {
    return BASE;
  }

  @Override
  public long sizeBytes() {
    return 0x1000;
  }

  @Override
  public long load(long offset, int size, int vcpu, long retired) {
    return 0;
  }

  @Override
  public int store(long offset, int size, long value, int vcpu, long retired) {
    if (offset != 0) {
      return GO_ON;
    }
    int command = (int) value;
    return switch (command & 0xffff) {
      case PASS -> 0;
      case FAIL -> command >>> 16;
      default -> GO_ON;
    };
  }

  @Override
  public void save(DataOutput out) {
    // Its section is empty.
  }

  @Override
  public void load(DataInput in) {
    // Its section is empty.
  }
}
