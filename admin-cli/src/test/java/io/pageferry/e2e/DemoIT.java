package io.pageferry.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a newcomer does first, and what a script makes of it. */
class DemoIT {
  @Test
  void aDemoOfTwoRunsSucceedsAndItsJsonIsRight(@TempDir Path directory) throws Exception {
    Launcher demo =
        Launcher.run(
            directory,
            Map.of(),
            "demo",
            "--output=json",
            "--runs=2",
            "--memory=32MiB",
            "--vcpus=2");
    assertThat(demo.exitCode()).as(demo.err()).isZero();
    JsonObject report = JsonParser.parseString(demo.out()).getAsJsonObject();
    assertThat(report.get("passed").getAsBoolean()).isTrue();
    assertThat(report.getAsJsonObject("summary").get("runs").getAsInt()).isEqualTo(2);
    assertThat(report.getAsJsonObject("summary").get("passed").getAsInt()).isEqualTo(2);
    assertThat(report.getAsJsonArray("runs")).hasSize(2);
    report.getAsJsonArray("runs").forEach(DemoIT::assertRight);
  }

  private static void assertRight(JsonElement element) {
    JsonObject run = element.getAsJsonObject();
    assertThat(run.get("memoryBytes").getAsLong()).isEqualTo(32 << 20);
    JsonObject pages = run.getAsJsonObject("pages");
    assertThat(count(pages, "demand") + count(pages, "drain") + count(pages, "zero"))
        .isEqualTo(count(pages, "total"))
        .isEqualTo(count(pages, "present"))
        .isEqualTo(8192);
    assertThat(run.getAsJsonArray("blocktimeNanos")).hasSize(2);
    assertThat(run.getAsJsonArray("checks"))
        .hasSize(5)
        .allMatch(check -> check.getAsJsonObject().get("passed").getAsBoolean());
    assertThat(digest(run, "source")).isNotEmpty().isEqualTo(digest(run, "destination"));
    long there = count(run, "firstInstructionNanos");
    assertThat(there).isPositive();
    assertThat(count(run, "downtimeNanos"))
        .isEqualTo(count(run, "sourceDowntimeNanos") + there)
        .isLessThan(count(run, "totalNanos"));
    JsonObject latency = run.getAsJsonObject("faultLatencyNanos").getAsJsonObject("total");
    assertThat(count(latency, "count")).isEqualTo(count(run, "faults")).isPositive();
    assertThat(count(latency, "p50")).isBetween(1L, count(latency, "p99"));
  }

  private static String digest(JsonObject run, String side) {
    return run.getAsJsonObject(side).getAsJsonObject("migration").get("imageDigest").getAsString();
  }

  private static long count(JsonObject object, String name) {
    return object.get(name).getAsLong();
  }

  @Test
  void aReportThatGoesToAFileIsWhole(@TempDir Path directory) throws Exception {
    Launcher demo = Launcher.run(directory, Map.of(), "demo", "--guest=counter", "--memory=16MiB");
    assertThat(demo.exitCode()).as(demo.err()).isZero();
    assertThat(demo.out())
        .contains("Everything agrees.", "PASS counter")
        .doesNotContain("…", "\u001b");
    assertThat(demo.out().lines()).allMatch(line -> line.length() <= 80);
    assertThat(demo.err()).doesNotContain("…", "\u001b");
  }

  @ParameterizedTest
  @CsvSource({"HUP, 129", "INT, 130", "TERM, 143"})
  void aDemoThatIsToldToEndEndsItsDaemonsToo(String signal, int exitCode, @TempDir Path directory)
      throws Exception {
    Path err = directory.resolve("err");
    String launcher = Launcher.repository().resolve("ferry").toString();
    ProcessBuilder builder =
        new ProcessBuilder("env", "--default-signal", launcher, "demo", "--memory=16MiB")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(err.toFile());
    builder.environment().put("PAGEFERRY_SKIP_BUILD", "1");
    Process demo = builder.start();
    try {
      await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> Files.readString(err).contains("are up after"));
      List<ProcessHandle> daemons = demo.descendants().toList();
      assertThat(daemons).hasSize(2);
      var _ = new ProcessBuilder("kill", "-" + signal, "" + demo.pid()).start().waitFor();
      assertThat(demo.waitFor(1, TimeUnit.MINUTES)).isTrue();
      assertThat(demo.exitValue()).isEqualTo(exitCode);
      assertThat(daemons).noneMatch(ProcessHandle::isAlive);
    } finally {
      demo.descendants().forEach(ProcessHandle::destroyForcibly);
      demo.destroyForcibly();
    }
  }
}
