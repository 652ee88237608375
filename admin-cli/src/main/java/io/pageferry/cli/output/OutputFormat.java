package io.pageferry.cli.output;

/** Who reads what a command prints. */
public enum OutputFormat {
  /** A person. */
  text,
  /** A program. */
  json
}
