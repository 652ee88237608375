package io.pageferry.migration;

import io.pageferry.text.PlainText;
import org.jspecify.annotations.Nullable;

/**
 * The one exception of the domain: a code, and a sentence that says what happened and what to do.
 * The sentence is {@link PlainText}, whatever it quotes.
 */
public final class PageFerryException extends RuntimeException {
  private final ErrorCode code;

  /** An error with its sentence. */
  public PageFerryException(ErrorCode code, String message) {
    this(code, message, null);
  }

  /** An error with its sentence and what caused it. */
  public PageFerryException(ErrorCode code, String message, @Nullable Throwable cause) {
    super(PlainText.of(message), cause);
    this.code = code;
  }

  /** What kind of error it is. */
  public ErrorCode code() {
    return code;
  }

  /** The sentence, never null. */
  @Override
  public String getMessage() {
    String message = super.getMessage();
    return message == null ? code.name() : message;
  }
}
