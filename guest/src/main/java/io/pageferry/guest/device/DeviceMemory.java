package io.pageferry.guest.device;

/**
 * Guest memory as a device that works by itself sees it. An access cannot leave a vCPU's run, so at
 * a missing page it waits: parked, until the page is accessible or the device has to stop. By the
 * device's thread.
 */
public interface DeviceMemory {
  /** An access lies within a range of so many bytes, aligned to its size. */
  int PAGE_BYTES = 4096;

  /** How an access went. */
  enum Outcome {
    /** All bytes were read or written. */
    DONE,
    /** The device has to stop; nothing was read or written. Try again when it goes on. */
    STOPPED,
    /** There is no memory at the address, or the device may not access it. */
    REFUSED
  }

  /** Reads {@code length} bytes, which lie within a page, into the start of {@code into}. */
  Outcome read(long address, byte[] into, int length);

  /** Writes the first {@code length} bytes of {@code from}, within a page. */
  Outcome write(long address, byte[] from, int length);
}
