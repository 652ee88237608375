package io.pageferry.client;

import io.pageferry.config.cli.ExitCode;
import io.pageferry.migration.ErrorCode;
import io.pageferry.text.PlainText;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Ends a command: a sentence for the user (what happened, to which thing, what to do) and the exit
 * code of its category. The sentence is {@link PlainText}, whatever it quotes.
 */
public final class FerryException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final ExitCode exitCode;
  private final @Nullable ErrorCode code;

  /** With its sentence. */
  public FerryException(ExitCode exitCode, String sentence) {
    this(exitCode, null, sentence);
  }

  /** A daemon's refusal. */
  FerryException(ErrorCode code, String sentence) {
    this(ExitCode.of(code), code, sentence);
  }

  private FerryException(ExitCode exitCode, @Nullable ErrorCode code, String sentence) {
    super(PlainText.of(sentence));
    this.exitCode = exitCode;
    this.code = code;
  }

  /** The daemon's reason, if it was a daemon's, and one that is known here. */
  public Optional<ErrorCode> code() {
    return Optional.ofNullable(code);
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
