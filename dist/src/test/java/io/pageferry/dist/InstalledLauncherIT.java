package io.pageferry.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher of an installed copy, at a place whose name has a space. */
class InstalledLauncherIT {
  @TempDir private Path directory = Path.of("");

  private Path ferry = directory;
  private final Map<String, String> environment = new HashMap<>();

  /** With a runtime that has no compiler as the only Java. */
  @BeforeEach
  void install() throws Exception {
    ferry = Run.unpack(Files.createDirectories(directory.resolve("a place"))).resolve("bin/ferry");
    environment.put("JAVA_HOME", runtime().toString());
    environment.put("PAGEFERRY_JDK_PATH", "/nonexistent");
    environment.put("PAGEFERRY_JAVA_OPTS", "");
  }

  private Path runtime() throws IOException {
    Path real = Path.of(System.getProperty("java.home"));
    Path home = directory.resolve("jre-25");
    Files.createDirectories(home.resolve("bin"));
    Files.copy(real.resolve("release"), home.resolve("release"));
    Files.createSymbolicLink(home.resolve("bin/java"), real.resolve("bin/java"));
    return home;
  }

  private Run run(Path program, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    return Run.of(environment, command);
  }

  @Test
  void aRuntimeWithoutACompilerIsEnough() throws Exception {
    assertThat(run(ferry, "version").succeeded()).containsPattern("ferry +\\d+\\.\\d+");
  }

  @Test
  void itFindsItsPlaceThroughSymbolicLinks() throws Exception {
    Path link = Files.createSymbolicLink(directory.resolve("first"), ferry);
    Path second = Files.createSymbolicLink(directory.resolve("second"), link.getFileName());
    assertThat(run(second, "dest", "--help").succeeded()).contains("--max-vcpus");
  }

  /** A shell moves it there: this JVM may be in a locale that has no such letters. */
  @Test
  void itRunsBelowADirectoryOfAnyLettersInALocaleOfAscii() throws Exception {
    environment.put("LC_ALL", "C");
    String script =
        "cd '%s' && mv 'a place' \"$(printf '\\303\\274 \\346\\270\\241')\" && exec ./*/*/bin/ferry version"
            .formatted(directory);
    assertThat(Run.of(environment, List.of("bash", "-c", script)).succeeded())
        .containsPattern("ferry +\\d+\\.\\d+");
  }

  @Test
  void withoutJavaOneLineSaysWhatToInstall() throws Exception {
    environment.put("JAVA_HOME", directory.toString());
    environment.put("PATH", noJava());
    Run run = run(ferry, "status");
    assertThat(run.exitCode()).as(run.output()).isEqualTo(3);
    assertThat(run.output().lines()).singleElement().asString().contains("no Java 25", "install");
  }

  /** A search path with what the script needs and without Java. */
  private String noJava() throws IOException {
    Path programs = Files.createDirectories(directory.resolve("programs"));
    for (String name : List.of("bash", "sed", "tr", "dirname", "readlink", "env")) {
      for (String place : List.of("/usr/bin", "/bin")) {
        if (Files.exists(Path.of(place, name)) && !Files.exists(programs.resolve(name))) {
          Files.createSymbolicLink(programs.resolve(name), Path.of(place, name));
        }
      }
    }
    return programs.toString();
  }

  @Test
  void itHasNoCommandsThatNeedASourceTree() throws Exception {
    assertThat(run(ferry, "verify").exitCode()).isEqualTo(2);
    assertThat(run(ferry, "--help").succeeded()).doesNotContain("verify", "bench");
  }

  @Test
  void aDemoRunsFromTheArchiveAlone() throws Exception {
    assertThat(run(ferry, "demo", "--guest=counter", "--memory=16MiB").succeeded())
        .contains("Everything agrees.");
  }
}
