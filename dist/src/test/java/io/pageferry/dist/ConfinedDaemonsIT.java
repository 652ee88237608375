package io.pageferry.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Both daemons under the confinement of their systemd units. A system call that a unit does not
 * allow ends its daemon with SIGSYS, exit code 159; {@code strace -f} shows which one.
 */
class ConfinedDaemonsIT {
  private static final Pattern ADDRESSES =
      Pattern.compile("state=listening address=(\\S+) metrics=([^\\s\"]+)");

  @TempDir private Path directory = Path.of("");

  private Path top = directory;
  private final List<ConfinedDaemon> daemons = new ArrayList<>();

  /** A daemon, and the file that it logs to. */
  private record ConfinedDaemon(Process process, Path log) {
    String log(Pattern awaited) throws Exception {
      for (int tries = 0; tries < 600 && process.isAlive() && !matches(awaited); tries++) {
        Thread.sleep(100);
      }
      requireAlive();
      return text();
    }

    void requireAlive() throws Exception {
      if (!process.isAlive()) {
        throw new AssertionError("A daemon has ended with " + process.exitValue() + ": " + text());
      }
    }

    private boolean matches(Pattern awaited) throws IOException {
      return awaited.matcher(text()).find();
    }

    String text() throws IOException {
      return Files.readString(log);
    }

    String address(int group) throws Exception {
      Matcher matcher = ADDRESSES.matcher(log(ADDRESSES));
      assertThat(matcher.find()).as(text()).isTrue();
      return matcher.group(group);
    }

    int terminate() throws Exception {
      process.destroy();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(text()).isTrue();
      return process.exitValue();
    }
  }

  @BeforeEach
  void unpack() throws Exception {
    assumeTrue(Run.canRun("systemd-analyze"), "systemd-analyze is not installed");
    assumeTrue(Run.canRun("gcc"), "gcc is not installed");
    assumeTrue(
        !Run.of("id", "-u").output().strip().equals("0")
            || Run.of("unshare", "--mount", "mount", "-t", "tmpfs", "probe", "/mnt").exitCode()
                == 0,
        "root cannot mount file systems here");
    top = Run.unpack(Files.createDirectories(directory.resolve("unpacked")));
  }

  @AfterEach
  void kill() throws Exception {
    for (ConfinedDaemon daemon : daemons) {
      daemon.process.destroyForcibly().waitFor();
    }
  }

  private ConfinedDaemon start(String name) throws Exception {
    Path scratch = Files.createDirectories(directory.resolve(name));
    Path log = scratch.resolve("log");
    ProcessBuilder builder =
        new ProcessBuilder(
                new Confinement(top, "pageferry-" + name + ".service")
                    .command(scratch, "--listen=127.0.0.1:0", "--metrics-listen=127.0.0.1:0"))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    ConfinedDaemon daemon = new ConfinedDaemon(builder.start(), log);
    daemons.add(daemon);
    return daemon;
  }

  @Test
  void daemonsMoveAGuestUnderTheConfinementOfTheirUnits() throws Exception {
    ConfinedDaemon source = start("source");
    ConfinedDaemon destination = start("dest");
    List<String> both =
        List.of("--source=" + source.address(1), "--dest=" + destination.address(1));
    var _ =
        ferry(both, "guest", "load", "--program=kv", "--memory=64MiB", "--backing-file=/tmp/ram");
    var _ = ferry(both, "guest", "start");
    assertThat(scrape(source)).contains("pageferry_guest_resident_bytes");
    assertThat(ferry(both, "migrate")).contains("digests equal");
    assertThat(ferry(both, "status")).contains("COMPLETED", "handed over", "running");
    assertThat(scrape(destination)).contains("pageferry_fault_latency_seconds");
    var _ = ferry(both, "guest", "unload");
    var _ = ferry(both, "guest", "unload", "--at=dest");
    assertThat(source.terminate()).as(source.text()).isEqualTo(143);
    assertThat(destination.terminate()).as(destination.text()).isEqualTo(143);
    assertThat(source.text() + destination.text()).doesNotContain("level=ERROR");
  }

  /** The JVM writes code and runs it. */
  @Test
  void noUnitForbidsMemoryThatIsWrittenAndThenExecuted() throws Exception {
    for (String name : List.of("source", "dest")) {
      assertThat(
              new Confinement(top, "pageferry-" + name + ".service")
                  .words("MemoryDenyWriteExecute"))
          .isEmpty();
    }
  }

  private String ferry(List<String> addresses, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(top.resolve("bin/ferry").toString()));
    command.addAll(List.of(arguments));
    command.addAll(addresses);
    Run run = Run.of(Map.of("JAVA_HOME", System.getProperty("java.home")), command);
    StringBuilder logs = new StringBuilder(run.output());
    for (ConfinedDaemon daemon : daemons) {
      daemon.requireAlive();
      logs.append(daemon.text());
    }
    assertThat(run.exitCode()).as(logs.toString()).isZero();
    return run.output();
  }

  private static String scrape(ConfinedDaemon daemon) throws Exception {
    daemon.requireAlive();
    try (HttpClient client = HttpClient.newHttpClient()) {
      URI uri = URI.create("http://" + daemon.address(2) + "/metrics");
      return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body();
    }
  }
}
