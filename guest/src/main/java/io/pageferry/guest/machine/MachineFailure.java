package io.pageferry.guest.machine;

import org.jspecify.annotations.Nullable;

/** Why the emulation of a machine failed, for people; the first failure counts. Any thread. */
final class MachineFailure {
  private volatile @Nullable String sentence;

  /** The sentence, or null while nothing has failed. */
  @Nullable String sentence() {
    return sentence;
  }

  /** A part of the machine, such as "vCPU 3", cannot go on. */
  void note(String part, Throwable cause) {
    if (sentence == null) {
      sentence = part + " cannot go on: " + reason(cause);
    }
  }

  private static String reason(Throwable cause) {
    if (cause instanceof InternalError) {
      // What the JVM makes of SIGBUS.
      return "the system could not give it a page of the guest's memory; a backing file was cut"
          + " short, or cannot be read or written.";
    }
    String message = cause.getMessage();
    return cause instanceof IllegalStateException && message != null
        ? message
        : "a defect of the emulation (" + cause + "); the daemon's log has the details.";
  }
}
