package io.pageferry.guest.program;

/**
 * A program cannot be loaded, and memory is as it was. The message is one sentence for the user.
 */
public final class ProgramException extends IllegalArgumentException {
  /** Why a program cannot be loaded. */
  public enum Kind {
    /** The file is not what it should be. */
    MALFORMED,
    /** The file is fine, but the guest's memory does not hold it. */
    TOO_LARGE,
    /** No program of that name comes with PageFerry. */
    UNKNOWN,
    /** The file cannot be read. */
    UNREADABLE
  }

  private static final long serialVersionUID = 1L;

  private final Kind kind;

  ProgramException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  ProgramException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  static ProgramException malformed(String message) {
    return new ProgramException(Kind.MALFORMED, message);
  }

  /** Why. */
  public Kind kind() {
    return kind;
  }
}
