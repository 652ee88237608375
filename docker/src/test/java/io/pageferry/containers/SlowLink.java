package io.pageferry.containers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Limits what a container sends, with Linux's token bucket in the container's network namespace:
 * containers themselves have no right to do so. Stateless.
 */
final class SlowLink {
  private static final long LIMIT_SECONDS = 10;

  private SlowLink() {}

  /** Skips the test unless this process may enter namespaces and has the tools for it. */
  static void assumePossible() throws IOException, InterruptedException {
    assumeTrue("root".equals(System.getProperty("user.name")), "shaping a network takes root");
    for (String tool : List.of("nsenter", "ip", "tc")) {
      assumeTrue(
          run("bash", "-c", "command -v " + tool).exitCode() == 0, tool + " is not installed");
    }
  }

  /** Limits what a daemon sends into the network for pages. */
  static void limit(Daemon daemon, long bitsPerSecond) throws IOException, InterruptedException {
    long process = daemon.state().getPidLong();
    assumeTrue(
        ProcessHandle.of(process).isPresent(), "the engine's containers run on another machine");
    String device = daemon.pagesDevice(runIn(process, "ip", "-o", "-4", "address", "show"));
    var _ =
        runIn(
            process,
            "tc qdisc add dev %s root tbf rate %dbit burst 64kb latency 50ms"
                .formatted(device, bitsPerSecond)
                .split(" ", -1));
  }

  private static String runIn(long process, String... command)
      throws IOException, InterruptedException {
    List<String> line = new ArrayList<>();
    Collections.addAll(line, "nsenter", "--net", "--target", Long.toString(process));
    Collections.addAll(line, command);
    Result result = run(line.toArray(String[]::new));
    assertThat(result.exitCode()).as("%s: %s", Arrays.toString(command), result.output()).isZero();
    return result.output();
  }

  private static Result run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    return new Result(process.exitValue(), output);
  }

  private record Result(int exitCode, String output) {}
}
