package io.pageferry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.config.cli.ExitCode;
import io.pageferry.e2e.DaemonPair;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import picocli.CommandLine;

/**
 * One run of the {@code ferry} command in this JVM.
 *
 * @param exitCode what the process would end with
 * @param out what the command printed
 * @param err what it said about a failure; progress is not in it
 */
public record FerryRun(int exitCode, String out, String err) {
  /** Runs a command line. */
  public static FerryRun ferry(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine commandLine =
        Ferry.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    int exitCode = commandLine.execute(arguments);
    commandLine.getOut().flush();
    commandLine.getErr().flush();
    return new FerryRun(exitCode, out.toString(), err.toString());
  }

  /** Runs a command line that talks to two daemons. */
  public static FerryRun ferryAt(DaemonPair daemons, String... arguments) {
    List<String> all = new ArrayList<>();
    Collections.addAll(all, arguments);
    Collections.addAll(
        all, "--source", daemons.source().address(), "--dest", daemons.destination().address());
    return ferry(all.toArray(String[]::new));
  }

  /** Checks that it did as asked, and gives what it printed. */
  public String succeeded() {
    assertThat(exitCode).as(err).isEqualTo(ExitCode.OK.number());
    assertThat(err).isEmpty();
    return out;
  }

  /** Checks that it ended in one whole sentence on standard error that holds some words. */
  public void refused(ExitCode expected, String... words) {
    assertThat(err).startsWith("ferry: ").endsWith(System.lineSeparator()).contains(words);
    assertThat(err.strip().lines()).as("one sentence").hasSize(1);
    assertThat(err.strip()).endsWith(".").doesNotContain("Exception", "io.pageferry");
    assertThat(out).isEmpty();
    assertThat(exitCode).as(err).isEqualTo(expected.number());
  }
}
