package io.pageferry.client;

import io.pageferry.config.cli.ExitCode;
import io.pageferry.text.PlainText;

/**
 * Ends a command: a sentence for the user (what happened, to which thing, what to do) and the exit
 * code of its category. The sentence is {@link PlainText}, whatever it quotes.
 */
public final class FerryException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final ExitCode exitCode;

  /** With its sentence. */
  public FerryException(ExitCode exitCode, String sentence) {
    super(PlainText.of(sentence));
    this.exitCode = exitCode;
  }

  /** What the process ends with. */
  public ExitCode exitCode() {
    return exitCode;
  }

  /** The sentence. */
  public String sentence() {
    return String.valueOf(getMessage());
  }
}
