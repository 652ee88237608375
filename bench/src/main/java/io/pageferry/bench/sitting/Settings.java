package io.pageferry.bench.sitting;

import java.nio.file.Path;

/**
 * What a sitting is asked to do.
 *
 * @param launcher the ferry script
 * @param quick only what the bars need
 * @param rounds how often each comparison is made
 * @param only part of the names of the runs to make; empty for all
 * @param guestBytes memory of the guests that are compared with QEMU's
 * @param results a new directory for report and logs
 */
record Settings(
    Path launcher, boolean quick, int rounds, String only, long guestBytes, Path results) {
  /** Memory of the guests whose faults are looked at alone. */
  static final long DEMAND_BYTES = 256L << 20;

  /** How long pages move on demand only in those. */
  static final long DEMAND_MILLIS = 2500;

  /** A small guest and a large one. */
  static final long SMALL_BYTES = 64L << 20;

  static final long LARGE_BYTES = 8L << 30;

  /** Guests that a pair of daemons moves before it is measured. */
  static final int WARM_UP_RUNS = 12;

  int guestMib() {
    return (int) (guestBytes >> 20);
  }

  /** Pages that the C pagers fault in. */
  static int demandPages() {
    return (int) (DEMAND_BYTES >> 12);
  }
}
