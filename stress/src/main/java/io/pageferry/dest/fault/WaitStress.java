package io.pageferry.dest.fault;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import io.pageferry.stress.StressPages;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** vCPUs that begin to wait while their page comes, and that need one page. */
public class WaitStress {
  private WaitStress() {}

  /** No wake-up is lost. */
  @JCStressTest
  @Outcome(id = "false, false", expect = ACCEPTABLE, desc = "The page was there before; no wait.")
  @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "Woken although it does not wait.")
  @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "It waits, and is woken.")
  @State
  public static class Wake implements Waker {
    private final StressPages pages = StressPages.next();
    private final FaultWaiters waiters = new FaultWaiters(1);
    private boolean woken;

    /** The vCPU announces itself, then looks whether it has to wait. */
    @Actor
    public void vcpu(ZZ_Result result) {
      waiters.announce(0, 0, pages.first, this);
      result.r1 = !pages.slot.states().isPresent(pages.first);
    }

    /** The installer makes the page present, then wakes who waits. */
    @Actor
    public void installer() {
      var _ = pages.slot.states().claim(pages.first, 1);
      pages.slot.states().present(pages.first, 1);
      waiters.wake(0, pages.first, 1);
    }

    /** Looks afterwards. */
    @Arbiter
    public void look(ZZ_Result result) {
      result.r2 = woken;
    }

    @Override
    public void wake(Thread waiter) {
      woken = true;
    }
  }

  /** Two vCPUs fault on one page. */
  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The first asks for it.")
  @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The second asks for it.")
  @State
  public static class OneRequest {
    private final StressPages pages = StressPages.next();
    private final RequestedPages requested = new RequestedPages(pages.guest, 1);

    /** Needs it. */
    @Actor
    public void first(ZZ_Result result) {
      result.r1 = requested.ask(pages.slot, pages.first);
    }

    /** Needs it too. */
    @Actor
    public void second(ZZ_Result result) {
      result.r2 = requested.ask(pages.slot, pages.first);
    }
  }

  /** A place that a page has left is taken by two vCPUs at once. */
  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The first asks, and has the place.")
  @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The second asks, and has the place.")
  @State
  public static class StalePlace {
    private final StressPages pages = StressPages.next();
    private final RequestedPages requested = new RequestedPages(pages.guest, 1);
    private final long other = pages.first + 1;

    /** Every place has a page that is present by now. */
    public StalePlace() {
      for (int page = 2; page < StressPages.PAGES; page++) {
        var _ = requested.ask(pages.slot, pages.first + page);
      }
      long count = pages.slot.states().claim(pages.first + 2, StressPages.PAGES - 2);
      pages.slot.states().present(pages.first + 2, count);
    }

    /** Needs a page. */
    @Actor
    public void first(ZZ_Result result) {
      result.r1 = requested.ask(pages.slot, other);
    }

    /** Needs it too. */
    @Actor
    public void second(ZZ_Result result) {
      result.r2 = requested.ask(pages.slot, other);
    }
  }
}
