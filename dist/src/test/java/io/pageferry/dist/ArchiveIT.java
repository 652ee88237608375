package io.pageferry.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is in the archive, and that it depends on nothing but the commit. */
class ArchiveIT {
  @TempDir private Path directory = Path.of("");

  @Test
  void everyEntryHasTheSameOwnerAndTimeAndAFixedMode() throws Exception {
    List<String> entries =
        Run.of("tar", "--utc", "--full-time", "--numeric-owner", "-tvzf", Run.archive().toString())
            .succeeded()
            .lines()
            .toList();
    assertThat(entries)
        .hasSizeGreaterThan(100)
        .allMatch(entry ->
            entry.matches(
                "(drwxr-xr-x|-rwxr-xr-x|-rw-r--r--) +0/0 +\\d+ 2026-11-25 00:00:00 "
                    + "pageferry-[^/]+/.*"));
  }

  @Test
  void everyJarIsThereOnceAndTheBenchmarksAreNot() throws Exception {
    List<String> jars = jars(Run.unpack(directory));
    assertThat(jars.stream().map(jar -> jar.replaceFirst("-\\d.*", "")))
        .doesNotHaveDuplicates()
        .contains("node", "source-daemon", "dest-daemon", "admin-cli", "logback-classic")
        .doesNotContain("bench", "dist", "jmh-core", "junit-jupiter");
  }

  @Test
  void everyLibraryIsListedWithItsLicence() throws Exception {
    Path top = Run.unpack(directory);
    String list = Files.readString(top.resolve("share/doc/pageferry/THIRD-PARTY.txt"));
    List<String> ours =
        List.of(
            "proto",
            "common",
            "guest",
            "daemon",
            "source-daemon",
            "dest-daemon",
            "node",
            "client",
            "admin-cli");
    assertThat(list).doesNotContain("Unknown license");
    assertThat(jars(top).stream().map(jar -> jar.replaceFirst("-\\d.*", "")))
        .allMatch(name -> ours.contains(name) || list.contains(":" + name + ":"));
  }

  private static List<String> jars(Path top) throws IOException {
    try (Stream<Path> files = Files.list(top.resolve("lib"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".jar"))
          .toList();
    }
  }

  @Test
  void manualPagesSayWhatTheHelpSaysAndRenderWithoutWarnings() throws Exception {
    Path pages = Run.unpack(directory).resolve("share/man/man1");
    assertThat(Files.readString(pages.resolve("ferry-source.1")))
        .contains(".TH", "\\fB\\-\\-max\\-bytes\\-in\\-flight=SIZE\\fR", "Default: 8MiB.");
    assertThat(pages.resolve("ferry-bench.1")).doesNotExist();
    assertThat(pages.resolve("ferry-guest-load.1")).exists();
    assumeTrue(Run.canRun("groff"), "groff is not installed");
    assertThat(Run.of("sh", "-c", "groff -man -Tutf8 -ww -z '" + pages + "'/*.1").succeeded())
        .isEmpty();
  }

  @Test
  void completionKnowsTheOptionsOfTheDaemons() throws Exception {
    Path completion = Run.unpack(directory).resolve("share/bash-completion/completions/ferry");
    var _ = Run.of("bash", "-n", completion.toString()).succeeded();
    assertThat(Files.readString(completion)).contains("--max-bytes-in-flight", "--max-vcpus");
  }

  @Test
  void systemdTakesTheUnits() throws Exception {
    assumeTrue(Run.canRun("systemd-analyze"), "systemd-analyze is not installed");
    Path top = Run.unpack(directory);
    for (String name :
        List.of("pageferry-source.service", "pageferry-dest.service", "pageferry-node.service")) {
      Path unit = top.resolve("lib/systemd/system").resolve(name);
      Files.writeString(unit, Files.readString(unit).replace("/opt/pageferry", top.toString()));
      assertThat(
              Run.of("systemd-analyze", "verify", "--man=no", unit.toString())
                  .succeeded()
                  .lines()
                  .filter(line -> line.contains("pageferry")))
          .isEmpty();
    }
  }
}
