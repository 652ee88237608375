package io.pageferry.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The caches of ahead-of-time work of an installed copy; made once, which takes a while. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AheadOfTimeCacheIT {
  @TempDir private static Path directory = Path.of("");

  private Path ferry = directory;
  private final Map<String, String> environment = new HashMap<>();

  @BeforeAll
  void makeCaches() throws Exception {
    ferry = Run.unpack(Files.createDirectories(directory.resolve("a place"))).resolve("bin/ferry");
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.put("PAGEFERRY_JAVA_OPTS", "");
    var _ = run(ferry.resolveSibling("../libexec/make-aot-cache").normalize()).succeeded();
  }

  private Run run(Path program, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    return Run.of(environment, command);
  }

  private Run runWith(String javaOptions, String... arguments) throws Exception {
    environment.put("PAGEFERRY_JAVA_OPTS", javaOptions);
    try {
      return run(ferry, arguments);
    } finally {
      environment.put("PAGEFERRY_JAVA_OPTS", "");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"source", "dest", "status"})
  void everyProgramStartsFromItsCache(String program) throws Exception {
    // With this mode a JVM ends that cannot use its cache.
    assertThat(runWith("-XX:AOTMode=on -Xlog:aot", program, "--help").succeeded())
        .contains("Using AOT-linked classes: true");
  }

  @Test
  void theCommandLineWasTrainedByMoreThanOneCommand() throws Exception {
    assertThat(runWith("-Xlog:class+load", "version").succeeded())
        .contains("io.pageferry.cli.status.VersionCommand$Answer source: shared objects file");
  }

  @Test
  void aJarThatIsNewerThanTheCacheIsRunWithoutItAndWithoutAWord() throws Exception {
    Path jar = jar("slf4j-api");
    FileTime before = Files.getLastModifiedTime(jar);
    Files.setLastModifiedTime(jar, FileTime.from(Instant.now().plusSeconds(60)));
    try {
      assertThat(run(ferry, "version").succeeded().lines().toList())
          .hasSize(3)
          .first()
          .asString()
          .startsWith("ferry ");
    } finally {
      Files.setLastModifiedTime(jar, before);
    }
  }

  private Path jar(String library) throws IOException {
    try (Stream<Path> files = Files.list(ferry.resolveSibling("../lib").normalize())) {
      return files
          .filter(file -> file.getFileName().toString().matches(library + "-\\d.*\\.jar"))
          .findFirst()
          .orElseThrow();
    }
  }

  @Test
  void anotherJavaIsRunWithoutTheCache() throws Exception {
    Path real = Path.of(System.getProperty("java.home"));
    Path home = Files.createDirectories(directory.resolve("jre-25"));
    Files.createDirectories(home.resolve("bin"));
    Files.copy(real.resolve("release"), home.resolve("release"));
    Files.createSymbolicLink(home.resolve("bin/java"), real.resolve("bin/java"));
    Files.writeString(home.resolve("release"), "\nSOURCE=\"other\"\n", StandardOpenOption.APPEND);
    environment.put("JAVA_HOME", home.toString());
    try {
      assertThat(runWith("-Xlog:aot -Xlog:class+path", "dest", "--help").succeeded())
          .contains("--max-vcpus")
          .doesNotContain("dest.aot");
    } finally {
      environment.put("JAVA_HOME", real.toString());
    }
  }
}
