package io.pageferry.unixsocket;

import java.io.IOException;

/** A system call that failed. */
public final class SystemCallException extends IOException {
  private static final long serialVersionUID = 1;

  private final int number;

  SystemCallException(String call, int number) {
    super(call + " failed with errno " + number);
    this.number = number;
  }

  /** The kernel's error number. */
  public int number() {
    return number;
  }
}
