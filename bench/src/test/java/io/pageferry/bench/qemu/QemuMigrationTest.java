package io.pageferry.bench.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pageferry.bench.process.NativePrograms;
import io.pageferry.bench.process.Project;
import io.pageferry.bench.process.WarmPool;
import io.pageferry.bench.result.Curve;
import io.pageferry.bench.result.Figure;
import io.pageferry.bench.result.Run;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class QemuMigrationTest {
  private static final QemuMigration.Setup SMALL =
      new QemuMigration.Setup(32, "127.0.0.1", List.of(), List.of(), Duration.ofSeconds(30));

  @Test
  void aBusyGuestMovesAndItsStallsAndProgressAreMeasured() throws InterruptedException {
    assumeTrue(QemuMigration.isInstalled(), "qemu-system-x86_64 is not installed");
    assumeTrue(NativePrograms.canBuild(), "gcc or make is not installed");
    NativePrograms programs = NativePrograms.build(Project.directory());
    try (WarmPool pool = new WarmPool(programs, 64)) {
      Run run =
          new QemuMigration(programs, pool, SMALL)
              .run("test", new QemuMigration.Scenario(QemuWorkload.RANDOM, true, true));
      assertThat(run.side()).isEqualTo("qemu-preempt");
      assertThat(run.figure(Figure.DOWNTIME_MILLIS))
          .isPositive()
          .isLessThan(run.figure(Figure.TOTAL_MILLIS));
      assertThat(run.figure(Figure.TOUCHES_PER_SECOND)).isGreaterThan(1000);
      assertThat(run.figure(Figure.STALL_P50_MICROS)).isGreaterThan(5);
      assertThat(run.figure(Figure.CPU_SECONDS_PER_GIB)).isPositive();
      assertThat(run.curves())
          .extracting(Curve::kind)
          .containsExactly(Curve.Kind.LATENCY, Curve.Kind.PROGRESS);
      assertThat(run.curves().getLast().points()).hasSizeGreaterThan(10);
    }
  }
}
