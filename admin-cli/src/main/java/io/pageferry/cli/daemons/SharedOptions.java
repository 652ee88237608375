package io.pageferry.cli.daemons;

import io.pageferry.cli.output.OutputFormat;
import io.pageferry.client.AdminClient;
import io.pageferry.client.Daemons;
import io.pageferry.client.FerryException;
import io.pageferry.config.HostPort;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.Role;
import java.time.Duration;
import picocli.CommandLine.Option;

/** Options that every command understands. Filled by picocli. */
public final class SharedOptions {
  @Option(
      names = "--source",
      paramLabel = "HOST:PORT",
      defaultValue = "${env:PAGEFERRY_SOURCE:-127.0.0.1:7401}",
      description = "Source daemon (default: $PAGEFERRY_SOURCE, or 127.0.0.1:7401).")
  public HostPort source = new HostPort("127.0.0.1", 7401);

  @Option(
      names = "--dest",
      paramLabel = "HOST:PORT",
      defaultValue = "${env:PAGEFERRY_DEST:-127.0.0.1:7402}",
      description = "Destination daemon (default: $PAGEFERRY_DEST, or 127.0.0.1:7402).")
  public HostPort destination = new HostPort("127.0.0.1", 7402);

  @Option(
      names = "--guest",
      paramLabel = "NAME",
      defaultValue = "${env:PAGEFERRY_GUEST:-}",
      description =
          "Name or id of the guest (default: $PAGEFERRY_GUEST, or the daemon's only guest).")
  public String guest = "";

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      defaultValue = "10s",
      description = "How long a daemon may take to answer (default: ${DEFAULT-VALUE}).")
  private Duration timeout = Duration.ofSeconds(10);

  @Option(
      names = "--output",
      paramLabel = "FORMAT",
      defaultValue = "text",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  Duration timeout() {
    if (timeout.toMillis() < 1 || timeout.toDays() >= 1) {
      throw new FerryException(
          ExitCode.USAGE, "--timeout must be between 1ms and 24h, for instance 10s.");
    }
    return timeout;
  }

  public boolean json() {
    return output == OutputFormat.json;
  }

  public AdminClient connectSource() {
    return new AdminClient(Role.ROLE_SOURCE, reachable("--source", source), timeout()).of(guest);
  }

  public AdminClient connectDestination() {
    return new AdminClient(Role.ROLE_DESTINATION, reachable("--dest", destination), timeout())
        .of(guest);
  }

  /** An address that one can connect to, or a sentence that names the option it came from. */
  public static HostPort reachable(String option, HostPort address) {
    try {
      return address.toConnectTo();
    } catch (IllegalArgumentException e) {
      throw new FerryException(ExitCode.USAGE, option + ": " + e.getMessage());
    }
  }

  public Daemons connectBoth() {
    return new Daemons(connectSource(), connectDestination());
  }
}
