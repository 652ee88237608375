package io.pageferry.e2e;

import static io.pageferry.cli.FerryRun.ferry;
import static io.pageferry.cli.FerryRun.ferryAt;
import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.Role;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where daemons listen and what they are called there. */
class AddressesTest {
  @ParameterizedTest
  @ValueSource(strings = {"::1", "localhost", "127.1", "::1%lo"})
  void aGuestMovesWhateverTheFormOfTheAddresses(String host) {
    try (DaemonPair daemons = DaemonPair.startAt(host)) {
      daemons.run(Guests.program("counter", 1, 4, 1).build());
      assertThat(ferryAt(daemons, "migrate").succeeded()).contains("digests equal");
    }
  }

  @Test
  void aDaemonOfTheOtherKindIsNotAskedForWhatItWouldDo() {
    try (DaemonPair daemons = DaemonPair.start()) {
      daemons.run(Guests.program("counter", 1, 4, 1).build());
      String source = daemons.source().address();
      for (String[] command : new String[][] {{"pause"}, {"unload"}, {"console", "--write", "q"}}) {
        List<String> line = new ArrayList<>(List.of("guest"));
        Collections.addAll(line, command);
        Collections.addAll(line, "--at", "dest", "--dest", source);
        ferry(line.toArray(String[]::new))
            .refused(
                ExitCode.USAGE,
                source + " is a source daemon, and --dest names a destination daemon");
      }
      assertThat(daemons.source().status().getGuest().getState())
          .isEqualTo(GuestState.GUEST_STATE_RUNNING);
      assertThat(
              ferry("status", "--source", source, "--dest", source).out().replaceAll("\\s+", " "))
          .contains(source + " is a source daemon, and --dest names a destination daemon");
    }
  }

  @Test
  void aMetricsPortIsCalledThat() {
    try (DaemonPair daemons = DaemonPair.start()) {
      String metrics = daemons.metricsAddress(Role.ROLE_SOURCE).toString();
      ferry("guest", "start", "--source", metrics)
          .refused(ExitCode.UNREACHABLE, metrics, "a daemon's metrics", "--source");
    }
  }

  @Test
  void whatIsForListeningOnlyIsRefusedWithTheOptionThatNamesIt() {
    ferry("guest", "start", "--source", "127.0.0.1:0").refused(ExitCode.USAGE, "--source: Port 0");
    ferry("migrate", "--to", "127.0.0.1:0").refused(ExitCode.USAGE, "--to: Port 0");
    ferry("migrate", "--to", "0.0.0.0:7402").refused(ExitCode.USAGE, "--to: 0.0.0.0:7402 stands");
  }

  @Test
  void aNameThatNoGuestCanHaveIsRefusedBeforeADaemonIsAsked() {
    ferry("guest", "load", "--program", "kv", "--name", "x".repeat(300), "--source", "127.0.0.1:1")
        .refused(ExitCode.USAGE, "--name: A guest's name has at most 256 bytes");
    ferry("guest", "load", "--program", "kv", "--name", "a\u001b[31m", "--source", "127.0.0.1:1")
        .refused(ExitCode.USAGE, "a\\u001b[31m");
  }
}
