package io.pageferry.memory;

/** A file cannot be a guest's memory, and is as it was. The message is one sentence for users. */
public final class BackingFileException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final boolean full;

  BackingFileException(String message) {
    this(message, false);
  }

  BackingFileException(String message, boolean full) {
    super(message);
    this.full = full;
  }

  BackingFileException(String message, Throwable cause) {
    super(message, cause);
    this.full = false;
  }

  /** Whether its file system has no room for the guest's memory. */
  public boolean isFull() {
    return full;
  }
}
