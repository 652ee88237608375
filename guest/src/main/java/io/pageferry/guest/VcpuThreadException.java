package io.pageferry.guest;

/**
 * The host lets this process start no thread for a vCPU or a device. The message is a sentence for
 * people.
 */
public final class VcpuThreadException extends RuntimeException {
  /** The thread of {@code what}, such as "vCPU 3 of 8", could not be started. */
  public VcpuThreadException(String what, Throwable cause) {
    super(
        "The host lets this daemon start no more threads: the thread of %s could not be started. Raise its limit (ulimit -u, pids.max of its cgroup, TasksMax= of its unit) or give the guest fewer vCPUs."
            .formatted(what),
        cause);
  }
}
