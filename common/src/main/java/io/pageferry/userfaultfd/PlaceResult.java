package io.pageferry.userfaultfd;

/**
 * How putting pages in place ended. {@link UserfaultCaller#doneBytes} says how far it came in every
 * case.
 */
public enum PlaceResult {
  /** All of it is in place. */
  DONE,
  /** The page behind what is done was there already; it keeps its bytes (EEXIST). */
  PRESENT,
  /**
   * The address space is being changed, by {@code fork}, {@code mremap}, {@code munmap} or {@code
   * madvise}: the event must be read before anything can be put in place (EAGAIN).
   */
  CHANGING,
  /** The memory is not registered, or no longer mapped (ENOENT). */
  UNMAPPED,
  /** The process whose memory it is has ended (ESRCH). */
  ENDED,
  /** The host, or the memory's control group, has no page left (ENOSPC, ENOMEM). */
  NO_MEMORY
}
