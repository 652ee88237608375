package io.pageferry.fault;

/** Accesses that the kernel has stopped, as it reports them. Used by one thread. */
public interface KernelFaults {
  /** Is told of a fault. */
  @FunctionalInterface
  interface Sink {
    /**
     * A thread waits for the page at an address.
     *
     * @param hostAddress in this process
     */
    void raised(long hostAddress);
  }

  /** The file descriptor that is readable while there are faults to take. */
  int descriptor();

  /** Takes the faults that there are, without waiting. */
  void take(Sink sink);
}
