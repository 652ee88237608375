package io.pageferry.fault;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.pageferry.memory.FirstTouches;
import io.pageferry.memory.MemorySlot;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Which pages of a slot are here, while the slot's content comes from elsewhere. Whether an access
 * to a page stops is another question, which a {@link FaultMechanism} answers.
 *
 * <pre>
 * MISSING ──claim──► CLAIMED ──present──────► PRESENT
 *    ▲                  │└────presentAhead──► AHEAD ──touch──► PRESENT
 *    └─────giveBack─────┘
 * </pre>
 *
 * <p>INVARIANT (rule 2): of several threads that claim a page, one succeeds, and a page that was
 * present once stays so. Only who has claimed a page may give it back, or make it present.
 *
 * <p>Two bits a page. A 64-bit word holds 32 pages: the lower half has a bit for each page that is
 * claimed or ahead, the upper half one for each that is present. Every transition is one atomic
 * operation on a word, and ranges go a word at a time. Any thread; pages outside the slot throw
 * {@link IndexOutOfBoundsException}.
 *
 * <table>
 * <caption>Memory ordering</caption>
 * <tr><th>write</th><th>read</th><th>the pair guarantees</th></tr>
 * <tr><td>{@link #claim}, compare-and-set (full)</td><td>the same of another thread</td>
 *     <td>one of them installs the page</td></tr>
 * <tr><td>{@link #present}, {@link #presentAhead} (release)</td>
 *     <td>{@link #isPresent}, {@link #state} (acquire)</td>
 *     <td>who sees the page present sees its bytes</td></tr>
 * <tr><td>{@link #giveBack} (release)</td><td>{@link #claim}</td>
 *     <td>the next arrival writes after the failed one</td></tr>
 * </table>
 */
public final class PageStates implements FirstTouches {
  /** What a page is. */
  public enum State {
    /** It has not come. */
    MISSING,
    /** Somebody puts it in place. */
    CLAIMED,
    /** It is here. */
    PRESENT,
    /** It is here, came before a vCPU needed it, and no vCPU has used it yet. */
    AHEAD
  }

  /** Bits for each page. */
  public static final int BITS_PER_PAGE = 2;

  private static final VarHandle WORD = JAVA_LONG.varHandle();
  private static final int PAGES_PER_WORD = Long.SIZE / BITS_PER_PAGE;
  private static final long LOWER = 0xffff_ffffL;

  private final MemorySegment words;
  private final long pageCount;
  private final AtomicLong presentPages = new AtomicLong();
  private final LongAdder aheadPages = new LongAdder();
  private final LongAdder usedPages = new LongAdder();

  private PageStates(MemorySegment words, long pageCount) {
    this.words = words;
    this.pageCount = pageCount;
  }

  /** All pages of a slot, which are missing. */
  public static PageStates of(MemorySlot slot) {
    return new PageStates(slot.newWords(BITS_PER_PAGE), slot.pageCount());
  }

  /**
   * Claims pages from {@code first} on that are missing, up to the first that is not.
   *
   * @param most how many at most
   * @return how many; the caller alone makes them present or gives them back
   */
  public long claim(long first, long most) {
    checkRange(first, most);
    long end = first + most;
    long page = first;
    while (page < end) {
      long inWord = Math.min(PAGES_PER_WORD - bitOf(page), end - page);
      long claimed = claimInWord(page, inWord);
      page += claimed;
      if (claimed < inWord) {
        break;
      }
    }
    return page - first;
  }

  private long claimInWord(long page, long most) {
    long offset = offset(page);
    while (true) {
      long word = (long) WORD.getAcquire(words, offset);
      long taken = (word | word >>> PAGES_PER_WORD) & LOWER;
      // The first page that is taken, or that lies beyond the last one wanted, ends the run.
      long free = Long.numberOfTrailingZeros(taken >>> bitOf(page) | 1L << most);
      if (free == 0 || WORD.compareAndSet(words, offset, word, word | mask(page, free))) {
        return free;
      }
    }
  }

  /** Pages that the caller has claimed could not be put in place: the next arrival may. Release. */
  public void giveBack(long first, long count) {
    checkRange(first, count);
    long end = first + count;
    for (long page = first; page < end; page = nextWord(page)) {
      long mask = mask(page, end - page);
      checkClaimed((long) WORD.getAndBitwiseAndRelease(words, offset(page), ~mask), mask, page);
    }
  }

  /** Pages that the caller has claimed, and that somebody waits for, are in place. Release. */
  public void present(long first, long count) {
    checkRange(first, count);
    long end = first + count;
    for (long page = first; page < end; page = nextWord(page)) {
      long mask = mask(page, end - page);
      // Of a claimed page the lower bit is set and the upper one is not: both turn over.
      long both = mask | mask << PAGES_PER_WORD;
      checkClaimed((long) WORD.getAndBitwiseXorRelease(words, offset(page), both), mask, page);
    }
    var _ = presentPages.addAndGet(count);
  }

  /** Pages that the caller has claimed are in place before a vCPU needs them. Release. */
  public void presentAhead(long first, long count) {
    checkRange(first, count);
    long end = first + count;
    aheadPages.add(count);
    for (long page = first; page < end; page = nextWord(page)) {
      long mask = mask(page, end - page);
      checkClaimed(
          (long) WORD.getAndBitwiseOrRelease(words, offset(page), mask << PAGES_PER_WORD),
          mask,
          page);
    }
    var _ = presentPages.addAndGet(count);
  }

  private static void checkClaimed(long word, long mask, long page) {
    if ((word & mask) != mask || (word >>> PAGES_PER_WORD & mask) != 0) {
      throw new IllegalStateException("Page " + page + " or a later one was not claimed.");
    }
  }

  /** A vCPU maps a page, which is present. Cheap where the page did not come ahead of need. */
  @Override
  public void touch(long page) {
    checkRange(page, 1);
    long mask = mask(page, 1);
    if (((long) WORD.getAcquire(words, offset(page)) & mask) == 0) {
      return;
    }
    if (state(page) == State.AHEAD
        && ((long) WORD.getAndBitwiseAnd(words, offset(page), ~mask) & mask) != 0) {
      usedPages.increment();
    }
  }

  /** What a page is. Acquire. */
  public State state(long page) {
    checkRange(page, 1);
    long word = (long) WORD.getAcquire(words, offset(page)) >>> bitOf(page);
    boolean lower = (word & 1) != 0;
    if ((word >>> PAGES_PER_WORD & 1) != 0) {
      return lower ? State.AHEAD : State.PRESENT;
    }
    return lower ? State.CLAIMED : State.MISSING;
  }

  /** Whether a page is here: its bytes are visible to who finds it so. Acquire. */
  public boolean isPresent(long page) {
    checkRange(page, 1);
    long word = (long) WORD.getAcquire(words, offset(page));
    return (word >>> PAGES_PER_WORD & mask(page, 1)) != 0;
  }

  /** Pages that are here. */
  public long presentPages() {
    return presentPages.get();
  }

  /** Whether every page is here. */
  public boolean isComplete() {
    return presentPages.get() == pageCount;
  }

  /** Pages that came ahead of need, also those that were used since. */
  public long aheadPages() {
    return aheadPages.sum();
  }

  /** Pages that came ahead of need and were used since. */
  public long usedPages() {
    return Math.min(usedPages.sum(), aheadPages());
  }

  private static long offset(long page) {
    return page / PAGES_PER_WORD * Long.BYTES;
  }

  private static int bitOf(long page) {
    return (int) (page % PAGES_PER_WORD);
  }

  private static long nextWord(long page) {
    return (page | PAGES_PER_WORD - 1) + 1;
  }

  /** The lower bits of {@code count} pages from {@code page} on, as far as they lie in its word. */
  private static long mask(long page, long count) {
    long bits = count >= PAGES_PER_WORD ? LOWER : (1L << count) - 1;
    return bits << bitOf(page) & LOWER;
  }

  private void checkRange(long first, long count) {
    if (first < 0 || count < 0 || first > pageCount - count) {
      throw new IndexOutOfBoundsException(
          "Pages " + first + " to " + (first + count) + " of " + pageCount + ".");
    }
  }
}
