package io.pageferry.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import io.pageferry.dest.fault.FaultWaiters;
import io.pageferry.dest.install.Acknowledgements;
import io.pageferry.dest.install.PageInstaller;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.wire.LaneKind;
import io.pageferry.wire.PageSink;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJL_Result;
import org.openjdk.jcstress.infra.results.JL_Result;
import org.openjdk.jcstress.infra.results.ZJJ_Result;

/** Pages that are installed while others bring or use them. */
public class InstallStress {
  private static final long LAST_WORD = PageGeometry.PAGE_SIZE - Long.BYTES;

  private InstallStress() {}

  /** An installer of the pages of a try. */
  @State
  public static class Installation {
    final StressPages pages = StressPages.next();
    final MemorySlot slot = pages.slot.slot();
    private final PageInstaller installer =
        new PageInstaller(pages.guest, new FaultWaiters(1), new Acknowledgements());
    final PageSink demand = installer.sink(LaneKind.DEMAND);
    final PageSink drain = installer.sink(LaneKind.DRAIN);
  }

  /** A page that holds one value; without one, its copying fails half-way. */
  private record Filled(long value) implements PageSink.Payload {
    private static final long FAILS = 0;

    @Override
    public void copyPageTo(MemorySegment target, long start) {
      target.set(ValueLayout.JAVA_LONG, start, value);
      if (value == FAILS) {
        throw new IllegalStateException("A failure of this test.");
      }
      target.set(ValueLayout.JAVA_LONG, start + LAST_WORD, value);
    }

    @Override
    public void skipPage() {}
  }

  /** Rule 2: both kinds of lanes bring one page. */
  @JCStressTest
  @Outcome(id = "1, 1, AHEAD", expect = ACCEPTABLE, desc = "The demand lane's page, and all of it.")
  @Outcome(id = "2, 2, PRESENT", expect = ACCEPTABLE, desc = "The drain's page, and all of it.")
  @State
  public static class TwoArrivals extends Installation {
    /** The demand lane brings it. */
    @Actor
    public void demand() {
      demand.install(slot, pages.first, 1, new Filled(1), 0);
    }

    /** The drain lane brings it. */
    @Actor
    public void drain() {
      drain.install(slot, pages.first, 1, new Filled(2), 0);
    }

    /** Looks afterwards. */
    @Arbiter
    public void look(JJL_Result result) {
      result.r1 = pages.word(0, 0);
      result.r2 = pages.word(0, LAST_WORD);
      result.r3 = pages.slot.states().state(pages.first);
    }
  }

  /** Rule 2: what the guest writes as soon as it can is not overwritten by a second arrival. */
  @JCStressTest
  @Outcome(id = "9, PRESENT", expect = ACCEPTABLE, desc = "The guest's write stays.")
  @Outcome(id = "1, AHEAD", expect = ACCEPTABLE, desc = "The guest found the page trapped.")
  @Outcome(id = "2, PRESENT", expect = ACCEPTABLE, desc = "The same; the drain was first.")
  @State
  public static class GuestWrites extends Installation {
    /** The demand lane brings it; then the vCPU, whose thread this is, may write it. */
    @Actor
    public void demand() {
      demand.install(slot, pages.first, 1, new Filled(1), 0);
      if (!pages.slot.mechanism().traps(pages.first)) {
        pages.slot.states().touch(pages.first);
        pages.setWord(0, 0, 9);
      }
    }

    /** The drain lane brings it. */
    @Actor
    public void drain() {
      drain.install(slot, pages.first, 1, new Filled(2), 0);
    }

    /** Looks afterwards. */
    @Arbiter
    public void look(JL_Result result) {
      result.r1 = pages.word(0, 0);
      result.r2 = pages.slot.states().state(pages.first);
    }
  }

  /** Rule 1: a vCPU accesses a page that is being installed. */
  @JCStressTest
  @Outcome(id = "true, 0, 0", expect = ACCEPTABLE, desc = "The vCPU stops.")
  @Outcome(id = "false, 1, 1", expect = ACCEPTABLE, desc = "The vCPU sees the whole page.")
  @State
  public static class Access extends Installation {
    /** A lane brings it. */
    @Actor
    public void drain() {
      drain.install(slot, pages.first, 1, new Filled(1), 0);
    }

    /** The vCPU reads it, the end first. */
    @Actor
    public void access(ZJJ_Result result) {
      result.r1 = pages.slot.mechanism().traps(pages.first);
      result.r3 = result.r1 ? 0 : pages.word(0, LAST_WORD);
      result.r2 = result.r1 ? 0 : pages.word(0, 0);
    }
  }

  /** One lane fails at a page, another brings it. */
  @JCStressTest
  @Outcome(id = "2, PRESENT", expect = ACCEPTABLE, desc = "The one that did not fail installed it.")
  @Outcome(id = "0, MISSING", expect = ACCEPTABLE, desc = "Dropped; the next arrival installs it.")
  @State
  public static class Failure extends Installation {
    /** Fails half-way. */
    @Actor
    public void demand() {
      try {
        demand.install(slot, pages.first, 1, new Filled(Filled.FAILS), 0);
      } catch (IllegalStateException _) {
        // As it is to.
      }
    }

    /** Brings it. */
    @Actor
    public void drain() {
      drain.install(slot, pages.first, 1, new Filled(2), 0);
    }

    /** Looks afterwards. */
    @Arbiter
    public void look(JL_Result result) {
      result.r1 = pages.word(0, LAST_WORD);
      result.r2 = pages.slot.states().state(pages.first);
    }
  }
}
