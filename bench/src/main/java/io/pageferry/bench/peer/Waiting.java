package io.pageferry.bench.peer;

import java.util.Locale;

/** How a program waits for bytes. */
public enum Waiting {
  /** It sleeps in the kernel. */
  BLOCK,
  /**
   * It polls. With more polling threads than processors they take turns by the kernel's clock, and
   * a page takes milliseconds.
   */
  BUSY;

  /** Its name on a command line. */
  String option() {
    return name().toLowerCase(Locale.ROOT);
  }
}
