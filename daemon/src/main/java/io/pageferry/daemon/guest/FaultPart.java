package io.pageferry.daemon.guest;

import java.util.Locale;

/** A part of a fault's latency; see {@code FaultLatency} in faults.proto. */
public enum FaultPart {
  /** Exit to re-entry. */
  TOTAL,
  /** Exit until the request is handed to the transport. */
  QUEUE,
  /** Until the answer is parsed. */
  WIRE,
  /** Until the bit is cleared. */
  INSTALL,
  /** Until re-entry. */
  RESUME;

  /** As metrics label it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
