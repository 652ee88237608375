package io.pageferry.cli;

import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** The streams that a command prints to. */
final class Printer {
  private Printer() {}

  /** Standard output, or what a test put in its place. */
  static PrintWriter of(@Nullable CommandSpec spec) {
    return spec == null ? new PrintWriter(System.out, true) : spec.commandLine().getOut();
  }
}
