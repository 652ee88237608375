package io.pageferry.guest.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The committed ELF files are what the sources give, where their compiler is present. */
class ProgramSourcesTest {
  private static final Path SOURCES = Path.of("programs").toAbsolutePath();

  @TempDir Path built = Path.of("");

  @Test
  void theCommittedProgramsMatchTheirSources() throws Exception {
    String wanted = run("make", "-s", "compiler-version");
    String present = run("riscv64-unknown-elf-gcc", "-dumpversion");
    assumeTrue(
        present.equals(wanted), "the compiler is " + present + ", the files are from " + wanted);

    var _ = run("make", "-s", "OUT=" + built);

    for (String name : BundledPrograms.names()) {
      assertThat(Files.readAllBytes(built.resolve(name + ".elf")))
          .as("%s.elf: run make in guest/programs and commit it", name)
          .isEqualTo(BundledPrograms.elf(name));
    }
  }

  private static String run(String... command) throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(command).directory(SOURCES.toFile()).redirectErrorStream(true).start();
      String output =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
      assertThat(process.waitFor()).as(output).isZero();
      return output;
    } catch (IOException e) {
      return abort("not installed: " + command[0]);
    }
  }
}
