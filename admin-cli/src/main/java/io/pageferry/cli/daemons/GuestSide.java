package io.pageferry.cli.daemons;

import io.pageferry.client.AdminClient;
import picocli.CommandLine.Option;

/** Which daemon's guest a command is about. Filled by picocli. */
public final class GuestSide {
  /** Daemons by the words of the command line. */
  enum Side {
    source,
    dest
  }

  @Option(
      names = "--at",
      paramLabel = "SIDE",
      defaultValue = "source",
      description =
          "Daemon that holds the guest: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  Side side = Side.source;

  public AdminClient connect(SharedOptions options) {
    return side == Side.source ? options.connectSource() : options.connectDestination();
  }
}
