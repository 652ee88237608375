package io.pageferry.dest.target;

import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.PageHash;
import io.pageferry.userfaultfd.UserfaultCaller;
import io.pageferry.userfaultfd.Userfaultfd;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** What a thread needs to put pages in place. That thread only. */
final class Hand {
  /** Most pages that are put in place at once. */
  static final int MOST_PAGES = 64;

  private final MemorySegment staging =
      Arena.ofAuto().allocate(PageGeometry.bytes(MOST_PAGES), PageGeometry.PAGE_SIZE);
  private final ByteBuffer view = staging.asByteBuffer();
  private final UserfaultCaller caller;

  Hand(Userfaultfd userfaultfd) {
    caller = new UserfaultCaller(userfaultfd);
  }

  /** Where bytes are before they are put in place. */
  MemorySegment staging() {
    return staging;
  }

  /** Where the bytes of the page with this index are in this process. */
  long sourceOf(long index) {
    return staging.address() + PageGeometry.bytes(index);
  }

  UserfaultCaller caller() {
    return caller;
  }

  /** The contributions of pages to the digest, of which the first is that of a guest frame. */
  long hash(long firstFrame, int count) {
    long sum = 0;
    for (int i = 0; i < count; i++) {
      sum += PageHash.contribution(view, i << PageGeometry.PAGE_SHIFT, firstFrame + i);
    }
    return sum;
  }
}
