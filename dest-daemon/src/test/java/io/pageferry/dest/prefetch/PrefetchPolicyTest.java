package io.pageferry.dest.prefetch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PrefetchPolicyTest {
  @ParameterizedTest
  @EnumSource
  void noPolicyEverAsksForMoreThanRidesAlong(PrefetchPolicy.Kind kind) {
    PrefetchPolicy policy = kind.create();
    for (long page = 0; page < 10_000; page++) {
      Prefetch plan = policy.plan(0, page);
      assertThat(plan.count()).isBetween(0, Prefetch.MAX_PAGES);
      assertThat(plan.step()).isNotZero();
    }
  }

  @Test
  void aroundFetchesTheBlockThatThePageLiesIn() {
    assertThat(PrefetchPolicy.Kind.around.create().plan(0, 37)).isEqualTo(new Prefetch(32, 1, 16));
  }

  @Test
  void noneFetchesNothingElse() {
    PrefetchPolicy policy = PrefetchPolicy.Kind.none.create();
    for (long page = 0; page < 10; page++) {
      assertThat(policy.plan(0, page)).isEqualTo(Prefetch.NONE);
    }
  }
}
