package io.pageferry.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The script on a host whose default java is too old. */
class LauncherIT {
  @TempDir private Path directory;
  private final Map<String, String> environment = new HashMap<>();

  /** The first java on the path, and the first place to search, have version 17. */
  @BeforeEach
  void makeAnOldJdkTheDefault() throws IOException {
    Path old = directory.resolve("jdk-17");
    Files.createDirectories(old.resolve("bin"));
    Files.writeString(old.resolve("release"), "JAVA_VERSION=\"17.0.1\"\n");
    script(old.resolve("bin/java"), "echo '    java.home = " + old + "' >&2");
    script(old.resolve("bin/javac"), "exit 1");
    environment.put("JAVA_HOME", "");
    environment.put("PATH", old.resolve("bin") + ":" + System.getenv("PATH"));
    environment.put("PAGEFERRY_JDK_PATH", old + ":" + System.getProperty("java.home"));
  }

  private static void script(Path path, String line) throws IOException {
    Files.writeString(path, "#!/bin/sh\n" + line + "\n");
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Launcher version() throws IOException, InterruptedException {
    return Launcher.run(directory, environment, "version", "--output=json");
  }

  @Test
  void aRecentJdkIsFoundBesideTheOldDefault() throws Exception {
    Launcher launcher = version();
    assertThat(launcher.exitCode()).as(launcher.err()).isZero();
    assertThat(launcher.out()).contains("\"ferry\"");
    assertThat(launcher.err()).isEmpty();
  }

  /** Images of Java for containers often choose one. */
  @Test
  void aCollectorThatTheEnvironmentChoosesDoesNotKeepItFromRunning() throws Exception {
    environment.put("JAVA_TOOL_OPTIONS", "-XX:+UseG1GC");
    environment.put("JDK_JAVA_OPTIONS", "-XX:+UseParallelGC");
    Launcher launcher = version();
    assertThat(launcher.exitCode()).as(launcher.err()).isZero();
    assertThat(launcher.out()).contains("\"ferry\"");
  }

  @Test
  void aDirectoryThatIsGoneIsNamed() throws Exception {
    Path gone = Files.createDirectory(directory.resolve("gone"));
    Process process =
        new ProcessBuilder(
                "bash",
                "-c",
                "rmdir \"$PWD\" && exec \"$0\" version",
                Launcher.repository().resolve("ferry").toString())
            .directory(gone.toFile())
            .redirectErrorStream(true)
            .start();
    assertThat(
            process
                .inputReader(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.startsWith("ferry: ")))
        .containsExactly(
            "ferry: the current directory does not exist any more; change to another one.");
    assertThat(process.waitFor()).isEqualTo(3);
  }

  @Test
  void anOldJavaHomeIsPassedOver() throws Exception {
    environment.put("JAVA_HOME", directory.resolve("jdk-17").toString());
    assertThat(version().exitCode()).isZero();
  }

  @Test
  void withoutARecentJdkOneLineSaysWhatToInstall() throws Exception {
    environment.put("PAGEFERRY_JDK_PATH", "/nonexistent");
    Launcher launcher = version();
    assertThat(launcher.exitCode()).isEqualTo(3);
    assertThat(launcher.out()).isEmpty();
    assertThat(launcher.err().lines()).hasSize(1);
    assertThat(launcher.err()).contains("no JDK 25", "install");
  }

  /** The last locale is one that the host does not have, which makes it ASCII too. */
  @ParameterizedTest
  @ValueSource(strings = {"C", "POSIX", "", "xx_XX.UTF-8"})
  void filesWithAnyLetterCanBeNamedInAnyLocale(String locale) throws Exception {
    environment.put("LC_ALL", locale);
    environment.put("LC_CTYPE", "");
    environment.put("LANG", "");
    // This JVM may have such a locale itself, and must not be the one to spell the name.
    Path program = directory.resolve("named");
    script(
        program,
        "exec '%s' guest load --elf \"$(printf '/\\303\\274/\\346\\270\\241.elf')\""
            .formatted(Launcher.repository().resolve("ferry")));
    Launcher launcher = Launcher.runProgram(program, directory, environment);
    // The shell may have complained of the locale first.
    assertThat(launcher.err().strip())
        .endsWith("ferry: There is no file /\u00fc/\u6e21.elf; check the path after --elf.");
    assertThat(launcher.exitCode()).isEqualTo(2);
  }

  @Test
  void shellcheckFindsNothingInTheScripts() throws Exception {
    Path report = directory.resolve("shellcheck");
    ProcessBuilder builder =
        new ProcessBuilder(
                "shellcheck",
                "--external-sources",
                "ferry",
                ".ci/run",
                "docker/engine",
                "docker/ready",
                ".ci/reproducible",
                "dist/src/main/launcher/ferry",
                "dist/src/main/launcher/launcher.sh",
                "dist/src/main/launcher/aot-cache.sh",
                "dist/src/main/launcher/make-aot-cache",
                "dist/src/test/native/sandbox")
            .directory(Launcher.repository().toFile())
            .redirectErrorStream(true)
            .redirectOutput(report.toFile());
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      assumeTrue(false, "shellcheck is not installed");
      return;
    }
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(report)).isZero();
  }
}
