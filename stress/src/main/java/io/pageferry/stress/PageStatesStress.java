package io.pageferry.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import io.pageferry.fault.PageStates;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;
import org.openjdk.jcstress.infra.results.JL_Result;
import org.openjdk.jcstress.infra.results.LL_Result;
import org.openjdk.jcstress.infra.results.ZJ_Result;

/** Transitions of page states. */
public class PageStatesStress {
  private PageStatesStress() {}

  /** Pages of a try. */
  @State
  public static class Pages {
    final StressPages pages = StressPages.next();
    final PageStates states = pages.slot.states();
    final long first = pages.first;
  }

  /** Rule 2: two lanes claim one page. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "The first lane installs it.")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "The second lane installs it.")
  @State
  public static class OnePage extends Pages {
    /** Claims it. */
    @Actor
    public void first(JJ_Result result) {
      result.r1 = states.claim(first, 1);
    }

    /** Claims it too. */
    @Actor
    public void second(JJ_Result result) {
      result.r2 = states.claim(first, 1);
    }
  }

  /** Two lanes claim runs that overlap, over the border of two words: pages 28 to 35, 32 to 39. */
  @JCStressTest
  @Outcome(id = "8, 0", expect = ACCEPTABLE, desc = "The first has all it wants, the second none.")
  @Outcome(id = "4, 8", expect = ACCEPTABLE, desc = "The second was first where they overlap.")
  @State
  public static class OverlappingRuns extends Pages {
    /** Claims the lower run. */
    @Actor
    public void lower(JJ_Result result) {
      result.r1 = states.claim(first + 28, 8);
    }

    /** Claims the upper run. */
    @Actor
    public void upper(JJ_Result result) {
      result.r2 = states.claim(first + 32, 8);
    }
  }

  /** A lane fails at a page while another brings it. */
  @JCStressTest
  @Outcome(id = "0, MISSING", expect = ACCEPTABLE, desc = "Dropped; the next arrival installs it.")
  @Outcome(id = "1, CLAIMED", expect = ACCEPTABLE, desc = "The other lane has it now.")
  @State
  public static class GiveBack extends Pages {
    /** The page is claimed before. */
    public GiveBack() {
      var _ = states.claim(first, 1);
    }

    /** Fails. */
    @Actor
    public void fail() {
      states.giveBack(first, 1);
    }

    /** Brings it. */
    @Actor
    public void claim(JL_Result result) {
      result.r1 = states.claim(first, 1);
    }

    /** Looks afterwards. */
    @Arbiter
    public void look(JL_Result result) {
      result.r2 = states.state(first);
    }
  }

  /** A vCPU uses a page while a lane makes its neighbour present, in one word. */
  @JCStressTest
  @Outcome(id = "PRESENT, PRESENT", expect = ACCEPTABLE, desc = "Neither change is lost.")
  @State
  public static class Neighbours extends Pages {
    /** One page is ahead of need, the next is claimed. */
    public Neighbours() {
      var _ = states.claim(first, 2);
      states.presentAhead(first, 1);
    }

    /** Uses the first. */
    @Actor
    public void touch() {
      states.touch(first);
    }

    /** Brings the second. */
    @Actor
    public void present() {
      states.present(first + 1, 1);
    }

    /** Looks afterwards. */
    @Arbiter
    public void look(LL_Result result) {
      result.r1 = states.state(first);
      result.r2 = states.state(first + 1);
    }
  }

  /** A late arrival meets a vCPU that uses the page for the first time. */
  @JCStressTest
  @Outcome(id = "0, PRESENT", expect = ACCEPTABLE, desc = "It is here, so the arrival is dropped.")
  @State
  public static class LateArrival extends Pages {
    /** The page is ahead of need. */
    public LateArrival() {
      var _ = states.claim(first, 1);
      states.presentAhead(first, 1);
    }

    /** Uses it. */
    @Actor
    public void touch() {
      states.touch(first);
    }

    /** Brings it again. */
    @Actor
    public void claim(JL_Result result) {
      result.r1 = states.claim(first, 1);
    }

    /** Looks afterwards. */
    @Arbiter
    public void look(JL_Result result) {
      result.r2 = states.state(first);
    }
  }

  /** Who sees a page present sees its bytes. */
  @JCStressTest
  @Outcome(id = "false, 0", expect = ACCEPTABLE, desc = "It has not come yet.")
  @Outcome(id = "true, 7", expect = ACCEPTABLE, desc = "It is here with its bytes.")
  @State
  public static class PresentPublishes extends Pages {
    /** The page is claimed before. */
    public PresentPublishes() {
      var _ = states.claim(first, 1);
    }

    /** Writes it, and makes it present. */
    @Actor
    public void install() {
      pages.setWord(0, 0, 7);
      states.present(first, 1);
    }

    /** Reads it from outside the guest. */
    @Actor
    public void read(ZJ_Result result) {
      result.r1 = states.isPresent(first);
      result.r2 = result.r1 ? pages.word(0, 0) : 0;
    }
  }
}
