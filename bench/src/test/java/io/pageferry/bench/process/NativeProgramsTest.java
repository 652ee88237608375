package io.pageferry.bench.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pageferry.bench.peer.Pager;
import io.pageferry.bench.peer.PeerServer;
import io.pageferry.bench.peer.PingPong;
import io.pageferry.bench.peer.Route;
import io.pageferry.bench.peer.Stream;
import io.pageferry.bench.peer.Waiting;
import io.pageferry.bench.result.Curve;
import io.pageferry.bench.result.Figure;
import io.pageferry.bench.result.Run;
import io.pageferry.client.FerryException;
import io.pageferry.config.cli.ExitCode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The programs in C, compiled and run for a moment each. */
class NativeProgramsTest {
  private static final String EXPERIMENT = "test";

  @BeforeAll
  static void aCompilerIsInstalled() {
    assumeTrue(NativePrograms.canBuild(), "gcc or make is not installed");
  }

  /** Runs a pager, unless the kernel lets it have no userfaultfd. */
  private static Run run(Pager pager, Pager.Options options, Route route)
      throws InterruptedException {
    try {
      return pager.run(EXPERIMENT, options, route);
    } catch (FerryException e) {
      assumeTrue(e.exitCode() != ExitCode.ENVIRONMENT, e.sentence());
      throw e;
    }
  }

  private static NativePrograms programs() throws InterruptedException {
    return NativePrograms.build(Project.directory());
  }

  @ParameterizedTest
  @EnumSource(Pager.Shape.class)
  void aPagerOfAnyShapeBringsAllPages(Pager.Shape shape) throws InterruptedException {
    Pager.Options options = new Pager.Options(shape, Waiting.BLOCK, 2, 512);
    Run run = run(new Pager(programs()), options, Route.loopback());
    List<Curve.Point> curve = run.curves().getFirst().points();
    assertThat(run.figure(Figure.FAULTS)).isEqualTo(512);
    assertThat(run.figure(Figure.FAULT_P50_MICROS)).isPositive();
    assertThat(run.figure(Figure.FAULT_P99_MICROS))
        .isGreaterThanOrEqualTo(run.figure(Figure.FAULT_P50_MICROS));
    assertThat(curve).hasSize(60);
    assertThat(curve).extracting(Curve.Point::x).isSorted();
    assertThat(curve.getLast().y()).isEqualTo(1);
  }

  @Test
  void aPagerReachesAServerInAnotherProcess() throws InterruptedException, IOException {
    Pager pager = new Pager(programs());
    Pager.Options options = new Pager.Options(Pager.Shape.HANDLER, Waiting.BLOCK, 1, 64);
    int port = freePort();
    try (PeerServer server = pager.serve(List.of(), options, port)) {
      assertThat(server).isNotNull();
      for (int i = 0; i < 2; i++) {
        Run run = run(pager, options, Route.to(List.of(), "127.0.0.1", port));
        assertThat(run.figure(Figure.FAULTS)).isEqualTo(64);
      }
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Test
  void aPagerWhoseServerIsAnotherProgramFails() throws InterruptedException, IOException {
    PingPong pingPong = new PingPong(programs());
    PingPong.Options answers = new PingPong.Options(Waiting.BLOCK, PingPong.Pinning.NONE, 1);
    int port = freePort();
    try (PeerServer wrong = pingPong.serve(List.of(), answers, port)) {
      assertThat(wrong).isNotNull();
      Pager.Options options = new Pager.Options(Pager.Shape.HANDLER, Waiting.BLOCK, 1, 64);
      assertThatThrownBy(
              () -> run(new Pager(programs()), options, Route.to(List.of(), "127.0.0.1", port)))
          .as("pages with other bytes")
          .isInstanceOf(FerryException.class)
          .hasMessageContaining("page 0 is wrong");
    }
  }

  @ParameterizedTest
  @EnumSource(Stream.Receiver.class)
  void aStreamCarriesWhatItIsAskedTo(Stream.Receiver receiver) throws InterruptedException {
    Stream.Options options = new Stream.Options(32, receiver, Optional.empty());
    Run run = new Stream(programs()).run(EXPERIMENT, options, Route.loopback());
    assertThat(run.figure(Figure.THROUGHPUT_MIB) * run.figure(Figure.TOTAL_MILLIS) / 1e3)
        .isBetween(31.5, 32.5);
    assertThat(run.figure(Figure.CPU_SECONDS_PER_GIB)).isPositive();
  }

  @Test
  void aPingPongMeasuresRoundTrips() throws InterruptedException {
    PingPong.Options options = new PingPong.Options(Waiting.BLOCK, PingPong.Pinning.TOGETHER, 200);
    Run run = new PingPong(programs()).run(EXPERIMENT, options, Route.loopback());
    assertThat(run.figure(Figure.ROUND_TRIP_P50_MICROS)).isPositive();
  }

  @Test
  void aWarmPoolHoldsAndReleasesMoreThanOnce() throws InterruptedException {
    try (WarmPool pool = new WarmPool(programs(), 16)) {
      pool.hold();
      pool.hold();
      pool.release();
      pool.hold();
      pool.release();
    }
  }

  @Test
  void anUnusableOptionIsAnErrorWithTheProgramsReason() {
    Pager.Options none = new Pager.Options(Pager.Shape.HANDLER, Waiting.BLOCK, 0, 64);
    assertThatThrownBy(() -> new Pager(programs()).run(EXPERIMENT, none, Route.loopback()))
        .isInstanceOf(FerryException.class)
        .hasMessageContaining("from 1 to 64 threads");
  }
}
