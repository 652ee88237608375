package io.pageferry.userfaultfd;

/** The kernel refuses a call on a userfaultfd for a reason that its caller does not expect. */
public final class UserfaultException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int errorNumber;

  UserfaultException(String what, int errorNumber) {
    super(what + " (errno " + errorNumber + ").");
    this.errorNumber = errorNumber;
  }

  /** The kernel's error number. */
  public int errorNumber() {
    return errorNumber;
  }
}
