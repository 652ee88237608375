package io.pageferry.userfaultfd;

/** Bits that say which accesses to a registered range are stopped. */
public final class RegisterMode {
  /** Accesses to pages that have no memory. */
  public static final long MISSING = 1;

  /** Writes to pages that are write-protected. */
  public static final long WRITE_PROTECTED = 1 << 1;

  /** Accesses to pages that are in the page cache, and not mapped. */
  public static final long MINOR = 1 << 2;

  private RegisterMode() {}
}
