package io.pageferry.memory;

import java.util.concurrent.atomic.LongAdder;

/**
 * Who wants a slot's pages: which are asked for while they are missing, and which have come without
 * being asked for and are not used yet. One bit a page serves both, since a page is either missing
 * or present. Any thread.
 */
public final class FirstTouches {
  private final PageBitmap bits;
  private final LongAdder marks = new LongAdder();
  private final LongAdder touches = new LongAdder();

  FirstTouches(PageBitmap bits) {
    this.bits = bits;
  }

  /**
   * A vCPU needs a missing page.
   *
   * @return whether it is the first, who then asks for it
   */
  public boolean ask(long page) {
    return bits.set(page);
  }

  /** A page that was asked for is present. */
  public void answered(long page) {
    var _ = bits.clear(page);
  }

  /**
   * What was asked for may never come: each missing page may be asked for again. One that is asked
   * for or comes at the same moment may be asked for twice, or not be counted as used.
   */
  public void forgetAsked(UserfaultBitmap missing) {
    missing.clearIn(bits);
  }

  /** Pages that nobody has asked for are about to become accessible. */
  public void mark(long firstPage, long count) {
    bits.setRange(firstPage, count);
    marks.add(count);
  }

  /** A vCPU maps a page, which is present. Cheap where the page is not marked. */
  public void touch(long page) {
    if (bits.get(page) && bits.clear(page)) {
      touches.increment();
    }
  }

  /** Pages marked so far. */
  public long marks() {
    return marks.sum();
  }

  /** Marked pages that were mapped since. */
  public long touches() {
    return Math.min(touches.sum(), marks());
  }
}
