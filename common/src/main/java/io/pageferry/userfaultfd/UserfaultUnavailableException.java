package io.pageferry.userfaultfd;

/** This host gives this process no userfaultfd. The message says what to change. */
public final class UserfaultUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1;

  UserfaultUnavailableException(int callErrno, int deviceErrno) {
    super(
        ("The host refuses a userfaultfd (the system call with errno %d, /dev/userfaultfd with"
                + " errno %d): set vm.unprivileged_userfaultfd to 1, give this user access to"
                + " /dev/userfaultfd, or run with CAP_SYS_PTRACE, and let the seccomp profile of a"
                + " container allow the call.")
            .formatted(callErrno, deviceErrno));
  }
}
