package io.pageferry.daemon.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import org.junit.jupiter.api.Test;

class ReadinessTest {
  private final Readiness readiness = new Readiness();

  @Test
  void aDaemonIsStartingUntilItIsReady() {
    assertThat(readiness.obstacle()).contains("starting");
    readiness.ready();
    assertThat(readiness.obstacle()).isEmpty();
  }

  @Test
  void aDaemonThatStopsTakesNoWorkAndIsNeverReadyAgain() {
    readiness.ready();
    readiness.stopping();
    readiness.ready();
    assertThat(readiness.obstacle()).contains("stopping");
    assertThatThrownBy(() -> readiness.requireNotStopping("take guests"))
        .isInstanceOfSatisfying(
            PageFerryException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.SHUTTING_DOWN))
        .hasMessage(
            "The daemon is about to end and does not take guests any more; ask another one.");
  }

  @Test
  void aDaemonThatStartsTakesWork() {
    assertThatCode(() -> readiness.requireNotStopping("take guests")).doesNotThrowAnyException();
  }
}
