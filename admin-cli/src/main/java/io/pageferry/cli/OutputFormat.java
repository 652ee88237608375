package io.pageferry.cli;

/** Who reads what a command prints. */
public enum OutputFormat {
  /** A person. */
  text,
  /** A program. */
  json
}
