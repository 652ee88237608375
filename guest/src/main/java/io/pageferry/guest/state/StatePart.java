package io.pageferry.guest.state;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * A part of a machine that saves and loads itself. {@link #save} and {@link #load} are called only
 * while the machine does not run.
 */
public interface StatePart {
  /**
   * Names its section, and differs from the tags of all other parts: 1 to 16 lower-case letters,
   * digits and hyphens.
   */
  String tag();

  /** Writes everything that the guest could tell from another such part. */
  void save(DataOutput out) throws IOException;

  /**
   * Reads what {@link #save} wrote, and goes on from there.
   *
   * @throws MalformedStateException if no such part can have written it
   */
  void load(DataInput in) throws IOException;
}
