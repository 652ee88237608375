package io.pageferry.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.pageferry.bench.result.Curve;
import io.pageferry.bench.result.Figure;
import io.pageferry.bench.result.Run;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What native programs print becomes runs. */
class ResultsTest {
  private static final Pager.Options PAGER =
      new Pager.Options(Pager.Shape.IN_THREAD, Waiting.BUSY, 4, 1000);

  @Test
  void aPagersResultHasItsFiguresAndCurve() {
    Run run =
        Pager.parse(
            "fault",
            PAGER,
            "{\"pages_per_second\":42000.5,\"count\":1000,\"p50\":15.9,\"p90\":20.1,\"p99\":24.25,\"p999\":80.0,\"max\":100.0,\"mean\":16.5,\"curve\":[[12.5,0.0],[24.25,1.0]]}\n");
    assertThat(run.side()).isEqualTo("pager-in-thread-busy");
    assertThat(run.figure(Figure.FAULT_P50_MICROS)).isEqualTo(15.9);
    assertThat(run.figure(Figure.FAULT_P99_MICROS)).isEqualTo(24.25);
    assertThat(run.figure(Figure.FAULTS_PER_SECOND)).isEqualTo(42000.5);
    assertThat(run.figure(Figure.FAULTS)).isEqualTo(1000);
    assertThat(run.curves().getFirst().points())
        .containsExactly(new Curve.Point(12.5, 0), new Curve.Point(24.25, 1));
  }

  @Test
  void aStreamsProcessorTimeIsOfBothEndsAndForAGibibyte() {
    Stream.Options options =
        new Stream.Options(512, Stream.Receiver.FRESH_MEMORY, Optional.of("cubic"));
    Run run =
        Stream.parse(
            "drain",
            options,
            "{\"mib_per_second\":1024.0,\"mib\":512.0,\"seconds\":0.5,"
                + "\"sender_cpu_seconds\":0.1,\"receiver_cpu_seconds\":0.4}");
    assertThat(run.side()).isEqualTo("stream-into-fresh-memory-cubic");
    assertThat(run.figure(Figure.CPU_SECONDS_PER_GIB)).isCloseTo(1.0, within(1e-9));
    assertThat(run.figure(Figure.TOTAL_MILLIS)).isEqualTo(500);
  }

  @Test
  void aResultWithoutAFigureIsRefused() {
    assertThatThrownBy(() -> Pager.parse("fault", PAGER, "{\"p50\":1,\"p99\":2,\"curve\":[]}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("pages_per_second");
  }
}
