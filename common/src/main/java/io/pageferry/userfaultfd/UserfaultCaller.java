package io.pageferry.userfaultfd;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One thread's calls on a userfaultfd that put pages in place. It owns the structures that the
 * kernel reads and writes, so a call allocates nothing.
 *
 * <p>One thread at a time. It lives as long as it is used, and no longer than the {@link
 * Userfaultfd}. Addresses are those of the process whose memory is registered; lengths are
 * multiples of its page size.
 *
 * <p>A page that is put in place has its bytes before anybody can access it: the kernel writes them
 * to a page of its own, and then maps it. Threads that wait for it are woken by the same call, or,
 * if the call says so, by {@link #wake} later.
 */
public final class UserfaultCaller {
  private static final long UFFDIO_WAKE = 0x8010_aa02L;
  private static final long UFFDIO_COPY = 0xc028_aa03L;
  private static final long UFFDIO_ZEROPAGE = 0xc020_aa04L;
  private static final long UFFDIO_CONTINUE = 0xc020_aa07L;
  private static final long UFFDIO_POISON = 0xc020_aa08L;
  private static final long DONT_WAKE = 1;

  /** How often a call is repeated that could not begin because the address space changes. */
  private static final int PATIENCE = 64;

  // struct uffdio_copy: dst, src, len, mode, copy. The others: start, len, mode, done.
  private static final long COPY_BYTES = 40;
  private static final long COPY_DONE = 32;
  private static final long RANGE_BYTES = 32;
  private static final long RANGE_DONE = 24;

  private final int descriptor;
  private final MemorySegment error;
  private final MemorySegment copy;
  private final MemorySegment range;
  private long doneBytes;

  /** For the thread that will use it. */
  public UserfaultCaller(Userfaultfd userfaultfd) {
    descriptor = userfaultfd.descriptor();
    Arena arena = Arena.ofAuto();
    error = LinuxUserfault.newError(arena);
    copy = arena.allocate(COPY_BYTES, Long.BYTES);
    range = arena.allocate(RANGE_BYTES, Long.BYTES);
  }

  /**
   * Puts bytes in place at missing pages.
   *
   * @param target address of the first page, where the memory is registered
   * @param source address of the bytes in this process; the caller keeps them mapped
   * @param wake whether threads that wait for the pages go on
   * @throws UserfaultException if an address or length is not one of whole pages, or {@code source}
   *     cannot be read
   */
  public PlaceResult copy(long target, long source, long bytes, boolean wake) {
    doneBytes = 0;
    int patience = PATIENCE;
    while (true) {
      copy.set(JAVA_LONG, 0, target + doneBytes);
      copy.set(JAVA_LONG, 8, source + doneBytes);
      copy.set(JAVA_LONG, 16, bytes - doneBytes);
      copy.set(JAVA_LONG, 24, wake ? 0 : DONT_WAKE);
      copy.set(JAVA_LONG, COPY_DONE, 0);
      if (LinuxUserfault.ioctl(error, descriptor, UFFDIO_COPY, copy) == 0) {
        doneBytes = bytes;
        return PlaceResult.DONE;
      }
      int code = LinuxUserfault.code(error);
      patience = progress(copy.get(JAVA_LONG, COPY_DONE), patience);
      if (code != LinuxUserfault.EAGAIN || patience == 0) {
        return result(code, "Pages cannot be copied to memory of a userfaultfd");
      }
    }
  }

  /** Puts zeros in place at missing pages; see {@link #copy}. */
  public PlaceResult zero(long target, long bytes, boolean wake) {
    return inRange(UFFDIO_ZEROPAGE, target, bytes, wake, "Zeros cannot be put in place");
  }

  /**
   * Maps pages that are in the page cache, where minor faults are registered; see {@link #copy}.
   */
  public PlaceResult mapCached(long target, long bytes, boolean wake) {
    return inRange(UFFDIO_CONTINUE, target, bytes, wake, "Cached pages cannot be mapped");
  }

  /**
   * Makes accesses to missing pages fail with SIGBUS, as those to broken memory do; see {@link
   * #copy}. Needs {@link UserfaultFeature#POISON}.
   */
  public PlaceResult poison(long target, long bytes, boolean wake) {
    return inRange(UFFDIO_POISON, target, bytes, wake, "Pages cannot be poisoned");
  }

  private PlaceResult inRange(long request, long target, long bytes, boolean wake, String failure) {
    doneBytes = 0;
    int patience = PATIENCE;
    while (true) {
      range.set(JAVA_LONG, 0, target + doneBytes);
      range.set(JAVA_LONG, 8, bytes - doneBytes);
      range.set(JAVA_LONG, 16, wake ? 0 : DONT_WAKE);
      range.set(JAVA_LONG, RANGE_DONE, 0);
      if (LinuxUserfault.ioctl(error, descriptor, request, range) == 0) {
        doneBytes = bytes;
        return PlaceResult.DONE;
      }
      int code = LinuxUserfault.code(error);
      patience = progress(range.get(JAVA_LONG, RANGE_DONE), patience);
      if (code != LinuxUserfault.EAGAIN || patience == 0) {
        return result(code, failure);
      }
    }
  }

  /** Notes what a call has done before it stopped, and how much patience is left. */
  private int progress(long done, int patience) {
    if (done > 0) {
      doneBytes += done;
      return PATIENCE;
    }
    Thread.onSpinWait();
    return patience - 1;
  }

  /** Lets threads go on that wait for pages of a range; they access them again. */
  public PlaceResult wake(long target, long bytes) {
    range.set(JAVA_LONG, 0, target);
    range.set(JAVA_LONG, 8, bytes);
    if (LinuxUserfault.ioctl(error, descriptor, UFFDIO_WAKE, range) == 0) {
      return PlaceResult.DONE;
    }
    return result(LinuxUserfault.code(error), "Threads that wait for pages cannot be woken");
  }

  private static PlaceResult result(int code, String failure) {
    return switch (code) {
      case LinuxUserfault.EEXIST -> PlaceResult.PRESENT;
      case LinuxUserfault.EAGAIN -> PlaceResult.CHANGING;
      case LinuxUserfault.ENOENT -> PlaceResult.UNMAPPED;
      case LinuxUserfault.ESRCH -> PlaceResult.ENDED;
      case LinuxUserfault.ENOSPC, LinuxUserfault.ENOMEM -> PlaceResult.NO_MEMORY;
      default -> throw new UserfaultException(failure, code);
    };
  }

  /** Bytes that the last call, other than {@link #wake}, has put in place. */
  public long doneBytes() {
    return doneBytes;
  }
}
