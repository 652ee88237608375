package io.pageferry.dest.prefetch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrendPolicyTest {
  private static final int LARGEST = 32;

  private final TrendPolicy policy = new TrendPolicy(2, LARGEST);

  /** Faults of a guest that goes by a step, each page fetched once: those that it must ask for. */
  private List<Prefetch> walk(long start, long step, int pages) {
    List<Prefetch> plans = new ArrayList<>();
    List<Long> fetched = new ArrayList<>();
    for (int i = 0; i < pages; i++) {
      long page = start + i * step;
      if (!fetched.contains(page)) {
        Prefetch plan = policy.plan(0, page);
        plans.add(plan);
        for (int k = 0; k < plan.count(); k++) {
          fetched.add(plan.firstPage() + k * plan.step());
        }
      }
    }
    return plans;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, -1, 3, 17, -64})
  void aSteadyStepIsFollowedWithWindowsThatDouble(long step) {
    List<Prefetch> plans = walk(1_000_000, step, 200);

    assertThat(plans).extracting(Prefetch::count).startsWith(0, 0, 2, 4, 8, 16, 32, 32);
    assertThat(plans.subList(2, plans.size())).extracting(Prefetch::step).containsOnly(step);
    assertThat(plans).as("faults for 200 pages").hasSizeLessThan(14);
  }

  @Test
  void aRandomGuestGetsNothing() {
    Random random = new Random(42);
    for (int i = 0; i < 10_000; i++) {
      assertThat(policy.plan(0, random.nextLong(1 << 20)).count()).as("fault %d", i).isZero();
    }
  }

  @Test
  void aFaultOnAPageThatIsOnItsWayAsksForNothingAndKeepsTheStream() {
    var _ = walk(0, 1, 3);
    assertThat(policy.plan(0, 3)).isEqualTo(Prefetch.NONE);
    assertThat(policy.plan(0, 5)).isEqualTo(new Prefetch(6, 1, 4));
  }

  @Test
  void oneStrayFaultDoesNotEndAMajority() {
    var _ = walk(0, 1, 100);
    var _ = policy.plan(0, 5_000);
    var _ = policy.plan(0, 201);
    var _ = policy.plan(0, 202);
    var _ = policy.plan(0, 203);
    assertThat(policy.plan(0, 204).step()).isEqualTo(1);
  }

  @Test
  void anotherSlotStartsAnew() {
    var _ = walk(0, 1, 100);
    assertThat(policy.plan(1, 101)).isEqualTo(Prefetch.NONE);
  }

  @Test
  void aSteadyWindowStaysAsItIs() {
    TrendPolicy steady = new TrendPolicy(8, 8);
    var _ = steady.plan(0, 10);
    var _ = steady.plan(0, 11);
    assertThat(steady.plan(0, 12)).isEqualTo(new Prefetch(13, 1, 8));
    assertThat(steady.plan(0, 21)).isEqualTo(new Prefetch(22, 1, 8));
  }
}
