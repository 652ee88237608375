package io.pageferry.userfaultfd;

/** Bits of the features that {@code UFFDIO_API} negotiates. */
public final class UserfaultFeature {
  /** {@code fork()} of the memory's process is an event. */
  public static final long EVENT_FORK = 1L << 1;

  /** {@code mremap()} is an event. */
  public static final long EVENT_REMAP = 1L << 2;

  /** {@code madvise(MADV_DONTNEED)} and {@code MADV_REMOVE} are events. */
  public static final long EVENT_REMOVE = 1L << 3;

  /** Missing pages of hugetlbfs. */
  public static final long MISSING_HUGETLBFS = 1L << 4;

  /** Missing pages of shared memory. */
  public static final long MISSING_SHMEM = 1L << 5;

  /** {@code munmap()} is an event. */
  public static final long EVENT_UNMAP = 1L << 6;

  /** An access to a missing page is a SIGBUS, and no event. */
  public static final long SIGBUS = 1L << 7;

  /** Events name the thread that faults. */
  public static final long THREAD_ID = 1L << 8;

  /** Minor faults of hugetlbfs. */
  public static final long MINOR_HUGETLBFS = 1L << 9;

  /** Minor faults of shared memory. */
  public static final long MINOR_SHMEM = 1L << 10;

  /** Events give the address of the access, not that of its page. */
  public static final long EXACT_ADDRESS = 1L << 11;

  /** {@code UFFDIO_POISON}. */
  public static final long POISON = 1L << 14;

  private UserfaultFeature() {}
}
