package io.pageferry.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IZ_Result;
import org.openjdk.jcstress.infra.results.ZJ_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** Changes of a bitmap's bits. */
public class BitmapStress {
  private BitmapStress() {}

  /** Two threads set one bit. */
  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The first thread was first.")
  @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The second thread was first.")
  @State
  public static class OneBit {
    private final StressPages pages = StressPages.next();

    /** Sets the bit. */
    @Actor
    public void first(ZZ_Result result) {
      result.r1 = pages.bitmap.set(pages.first);
    }

    /** Sets it too. */
    @Actor
    public void second(ZZ_Result result) {
      result.r2 = pages.bitmap.set(pages.first);
    }
  }

  /** Two threads change neighbouring bits of one word: a range is set, and a bit is cleared. */
  @JCStressTest
  @Outcome(id = "31, false", expect = ACCEPTABLE, desc = "Neither change is lost.")
  @State
  public static class Neighbours {
    private final StressPages pages = StressPages.next();
    private final long cleared = pages.first + 31;

    /** One bit is set before. */
    public Neighbours() {
      var _ = pages.bitmap.set(cleared);
    }

    /** Sets those below. */
    @Actor
    public void set() {
      pages.bitmap.setRange(pages.first, 31);
    }

    /** Clears it. */
    @Actor
    public void clear() {
      var _ = pages.bitmap.clear(cleared);
    }

    /** Counts. */
    @Arbiter
    public void count(IZ_Result result) {
      for (int page = 0; page < 31; page++) {
        result.r1 += pages.bitmap.get(pages.first + page) ? 1 : 0;
      }
      result.r2 = pages.bitmap.get(cleared);
    }
  }

  /** Rule 1: a trap is lifted after the bytes are written, and tested before they are read. */
  @JCStressTest
  @Outcome(id = "true, 0", expect = ACCEPTABLE, desc = "The vCPU stops, and reads nothing.")
  @Outcome(id = "false, 7", expect = ACCEPTABLE, desc = "The vCPU goes on, and sees the bytes.")
  @State
  public static class LiftPublishes {
    private final StressPages pages = StressPages.next();

    /** Writes the page, then lifts its trap. */
    @Actor
    public void install() {
      pages.setWord(0, 0, 7);
      pages.slot.mechanism().lift(pages.first, 1);
    }

    /** Accesses the page. */
    @Actor
    public void access(ZJ_Result result) {
      result.r1 = pages.slot.mechanism().traps(pages.first);
      result.r2 = result.r1 ? 0 : pages.word(0, 0);
    }
  }
}
