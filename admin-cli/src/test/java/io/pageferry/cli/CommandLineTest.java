package io.pageferry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class CommandLineTest {
  private static String help(CommandLine commandLine, String... arguments) {
    StringWriter out = new StringWriter();
    int exitCode = commandLine.setOut(new PrintWriter(out)).execute(arguments);
    assertThat(exitCode).isZero();
    return out.toString();
  }

  @Test
  void oneCommandIsDescribedAloneAndAsAmongAll() {
    for (String name : Ferry.commandLine().getSubcommands().keySet()) {
      CommandLine alone = Ferry.commandLineFor(name, "--help");
      assertThat(alone.getSubcommands()).containsOnlyKeys(name);
      assertThat(help(alone, name, "--help")).isEqualTo(help(Ferry.commandLine(), name, "--help"));
    }
  }

  @Test
  void withoutACommandThatExistsAllAreDescribed() {
    int all = Ferry.commandLine().getSubcommands().size();
    assertThat(Ferry.commandLineFor().getSubcommands()).hasSize(all);
    assertThat(Ferry.commandLineFor("--help").getSubcommands()).hasSize(all);
    assertThat(Ferry.commandLineFor("stauts").getSubcommands()).hasSize(all);
  }
}
