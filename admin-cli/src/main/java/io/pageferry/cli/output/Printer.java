package io.pageferry.cli.output;

import java.io.PrintWriter;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** The streams that a command prints to. */
public final class Printer {
  private Printer() {}

  /** Standard output, or what a test put in its place. */
  public static PrintWriter of(@Nullable CommandSpec spec) {
    return Objects.requireNonNull(spec, "set by picocli").commandLine().getOut();
  }
}
