package io.pageferry.memory;

import java.util.concurrent.atomic.LongAdder;

/**
 * Tells how many of the pages that were brought ahead of need are used: pages are marked before
 * they become accessible, and a vCPU that maps a marked page takes the mark away. Any thread.
 */
public final class FirstTouches {
  private final PageBitmap marked;
  private final LongAdder marks = new LongAdder();
  private final LongAdder touches = new LongAdder();

  FirstTouches(PageBitmap marked) {
    this.marked = marked;
  }

  /** Pages that are about to become accessible, and that nobody has asked for. */
  public void mark(long firstPage, long count) {
    marked.setRange(firstPage, count);
    marks.add(count);
  }

  /** A vCPU maps a page. Cheap where the page is not marked. */
  public void touch(long page) {
    if (marked.get(page) && marked.clear(page)) {
      touches.increment();
    }
  }

  /** Pages marked so far. */
  public long marks() {
    return marks.sum();
  }

  /** Marked pages that were mapped since. */
  public long touches() {
    return touches.sum();
  }
}
