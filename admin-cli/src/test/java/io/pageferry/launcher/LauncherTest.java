package io.pageferry.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Which JDK the launcher takes. The launcher is copied into a directory whose {@code mvnw} only
 * tells what it was given, and searches directories that look like JDKs.
 */
class LauncherTest {
  @TempDir private Path directory = Path.of("");

  private Path project = directory;
  private Path programs = directory;

  @BeforeEach
  void makeProjectWhereTheDefaultJavaIsSeventeen() throws IOException {
    project = Files.createDirectories(directory.resolve("a project"));
    Files.copy(repository().resolve("ferry"), project.resolve("ferry"));
    assertThat(project.resolve("ferry").toFile().setExecutable(true)).isTrue();
    Path shared = Path.of("dist/src/main/launcher");
    Files.createDirectories(project.resolve(shared));
    for (String script : List.of("launcher.sh", "aot-cache.sh")) {
      Path copied = shared.resolve(script);
      Files.copy(repository().resolve(copied), project.resolve(copied));
    }
    script(project.resolve("mvnw"), "echo \"mvnw $* with $JAVA_HOME\"; exit 7");
    programs = Files.createDirectories(directory.resolve("programs"));
    Path seventeen = jdk("jdk-17", "17.0.12");
    script(
        programs.resolve("java"),
        "echo '    java.home = %s' >&2".formatted(seventeen),
        "echo '    java.version = 17.0.12' >&2");
  }

  @Test
  void aJdk25IsFoundWhereTheDefaultJavaIs17AndNoJavaHomeIsSet() throws Exception {
    Path recent = jdk("jdk-25", "25.0.1");
    Outcome outcome = ferry(Map.of("PAGEFERRY_JDK_PATH", search("jdk-17", "jdk-25")), "verify");
    assertThat(outcome.output()).isEqualTo("mvnw verify with " + recent);
    assertThat(outcome.exitCode()).as("that of Maven").isEqualTo(7);
  }

  @Test
  void aJavaHomeThatIsTooOldIsPassedOver() throws Exception {
    Path recent = jdk("jdk-25", "25");
    Outcome outcome =
        ferry(
            Map.of(
                "JAVA_HOME", directory.resolve("jdk-17").toString(),
                "PAGEFERRY_JDK_PATH", search("jdk-25")),
            "verify",
            "-q");
    assertThat(outcome.output()).isEqualTo("mvnw verify -q with " + recent);
  }

  @Test
  void aJavaHomeThatIsRecentIsTakenBeforeAnyOther() throws Exception {
    Path chosen = jdk("jdk-26", "26-ea");
    var _ = jdk("jdk-25", "25.0.1");
    Outcome outcome =
        ferry(
            Map.of("JAVA_HOME", chosen.toString(), "PAGEFERRY_JDK_PATH", search("jdk-25")),
            "verify");
    assertThat(outcome.output()).isEqualTo("mvnw verify with " + chosen);
  }

  @Test
  void theOldestOfSeveralThatAreRecentEnoughIsTaken() throws Exception {
    Path chosen = jdk("jdk-25", "25.0.1");
    var _ = jdk("jdk-27", "27");
    Outcome outcome =
        ferry(Map.of("PAGEFERRY_JDK_PATH", search("jdk-27", "jdk-17", "jdk-25")), "verify");
    assertThat(outcome.output()).isEqualTo("mvnw verify with " + chosen);
  }

  @Test
  void aRuntimeWithoutACompilerIsNoJdk() throws Exception {
    Path runtime = jdk("jre-25", "25.0.1");
    Files.delete(runtime.resolve("bin/javac"));
    Outcome outcome = ferry(Map.of("PAGEFERRY_JDK_PATH", search("jre-25")), "verify");
    assertThat(outcome.exitCode()).isEqualTo(3);
  }

  @Test
  void withoutAJdk25OneLineSaysWhatToInstall() throws Exception {
    for (String command : List.of("verify", "demo", "source")) {
      Outcome outcome = ferry(Map.of("PAGEFERRY_JDK_PATH", "/nonexistent"), command);
      assertThat(outcome.exitCode()).as(command).isEqualTo(3);
      assertThat(outcome.output().lines())
          .as(command)
          .singleElement()
          .asString()
          .contains("no JDK 25 or later found")
          .contains("install one");
    }
  }

  @Test
  void itFindsItsProjectThroughASymbolicLink() throws Exception {
    Path recent = jdk("jdk-25", "25.0.1");
    Path link = directory.resolve("ferry-link");
    Files.createSymbolicLink(link, Path.of("a project/ferry"));
    Outcome outcome = run(link, Map.of("PAGEFERRY_JDK_PATH", search("jdk-25")), "verify");
    assertThat(outcome.output()).isEqualTo("mvnw verify with " + recent);
  }

  private record Outcome(int exitCode, String output) {}

  private Outcome ferry(Map<String, String> environment, String... arguments) throws Exception {
    return run(project.resolve("ferry"), environment, arguments);
  }

  private Outcome run(Path program, Map<String, String> environment, String... arguments)
      throws Exception {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
    Map<String, String> inherited = new TreeMap<>(builder.environment());
    builder.environment().clear();
    builder.environment().put("HOME", directory.toString());
    builder.environment().put("PATH", programs + ":" + inherited.getOrDefault("PATH", "/usr/bin"));
    builder.environment().putAll(environment);
    Process process = builder.start();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("the script ends").isTrue();
    return new Outcome(process.exitValue(), output);
  }

  /** A directory that looks like a JDK of a version. */
  private Path jdk(String name, String version) throws IOException {
    Path home = directory.resolve(name);
    Files.createDirectories(home.resolve("bin"));
    Files.writeString(
        home.resolve("release"),
        "IMPLEMENTOR=\"Somebody\"\nJAVA_VERSION=\"%s\"\nOS_NAME=\"Linux\"\n".formatted(version));
    script(home.resolve("bin/java"), "exit 1");
    script(home.resolve("bin/javac"), "exit 1");
    return home;
  }

  private String search(String... names) {
    return String.join(
        ":", List.of(names).stream().map(name -> directory.resolve(name).toString()).toList());
  }

  private static void script(Path file, String... lines) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private static Path repository() {
    Path place = Path.of("").toAbsolutePath();
    while (!Files.exists(place.resolve("mvnw"))) {
      Path parent = place.getParent();
      if (parent == null) {
        throw new IllegalStateException("The tests run outside the repository.");
      }
      place = parent;
    }
    return place;
  }
}
