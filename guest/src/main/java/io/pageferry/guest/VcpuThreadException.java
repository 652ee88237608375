package io.pageferry.guest;

/** The host lets this process start no thread for a vCPU. The message is a sentence for people. */
public final class VcpuThreadException extends RuntimeException {
  /** Thread {@code vcpu} of {@code vcpus} could not be started. */
  public VcpuThreadException(int vcpu, int vcpus, Throwable cause) {
    super(
        "The host lets this daemon start no more threads: the thread of vCPU %d of %d could not be started. Raise its limit (ulimit -u, pids.max of its cgroup, TasksMax= of its unit) or give the guest fewer vCPUs."
            .formatted(vcpu, vcpus),
        cause);
  }
}
