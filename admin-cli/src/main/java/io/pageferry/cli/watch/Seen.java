package io.pageferry.cli.watch;

import io.pageferry.proto.v1.Status;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one daemon.
 *
 * @param address where it is asked
 * @param status the last that it said; null if it never answered
 * @param ageNanos how long ago it said so
 * @param failure why it does not answer now, in a sentence; empty if it does
 */
public record Seen(String address, @Nullable Status status, long ageNanos, String failure) {
  /** Whether it answers. */
  public boolean answers() {
    return failure.isEmpty() && status != null;
  }
}
