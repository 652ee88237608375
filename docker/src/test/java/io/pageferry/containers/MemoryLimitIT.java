package io.pageferry.containers;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.Phase;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.GenericContainer;

/** A container's memory limit is seen before the kernel enforces it. */
@NeedsEngine
class MemoryLimitIT {
  private static final long LIMIT_BYTES = 320L << 20;

  private static GenericContainer<?> limited(GenericContainer<?> container) {
    return container.withCreateContainerCmdModifier(command -> {
      var _ =
          Objects.requireNonNull(command.getHostConfig())
              .withMemory(LIMIT_BYTES)
              .withMemorySwap(LIMIT_BYTES);
    });
  }

  @Test
  void aGuestThatIsTooLargeForTheSourceIsRefusedInOneSentenceAndASmallerOneIsMoved()
      throws Exception {
    try (Stage stage = new Stage(MemoryLimitIT::limited, UnaryOperator.identity())) {
      stage
          .ferry("guest", "load", "--program", "kv", "--memory", "384MiB")
          .refused(ExitCode.ENVIRONMENT, "384MiB", "320MiB");
      assertThat(stage.source().isUnharmed()).isTrue();
      stage.runGuest("kv", "48MiB");
      var _ = stage.migrateWhole();
      assertThat(stage.source().isUnharmed()).isTrue();
    }
  }

  @Test
  void aDestinationThatIsTooSmallRefusesInOneSentenceAndTheGuestRunsOn() throws Exception {
    try (Stage stage = new Stage(UnaryOperator.identity(), MemoryLimitIT::limited)) {
      stage.runGuest("counter", "384MiB");
      stage.migrate().refused(ExitCode.ENVIRONMENT, "384MiB", "320MiB");
      assertThat(stage.source().status().getPhase()).isEqualTo(Phase.PHASE_FAILED);
      assertThat(stage.source().status().getGuest().getState())
          .isEqualTo(GuestState.GUEST_STATE_RUNNING);
      assertThat(stage.destination().status().getPhase()).isEqualTo(Phase.PHASE_LISTENING);
      assertThat(stage.destination().isUnharmed()).isTrue();
    }
  }
}
