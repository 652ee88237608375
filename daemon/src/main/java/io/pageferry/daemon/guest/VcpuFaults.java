package io.pageferry.daemon.guest;

/** What a daemon knows of the userfaults of a guest's vCPUs. Any thread; times in nanoseconds. */
public interface VcpuFaults {
  /** Of a guest whose memory is all here. */
  VcpuFaults NONE =
      new VcpuFaults() {
        @Override
        public long faults(int vcpu) {
          return 0;
        }

        @Override
        public long blockedNanos(int vcpu) {
          return 0;
        }

        @Override
        public long waitingNanos(int vcpu) {
          return 0;
        }
      };

  /** Userfault exits of a vCPU that are over. */
  long faults(int vcpu);

  /** Time that a vCPU spent between exits and re-entries. */
  long blockedNanos(int vcpu);

  /** How long a vCPU has been waiting for a missing page; 0 while it does not. */
  long waitingNanos(int vcpu);
}
