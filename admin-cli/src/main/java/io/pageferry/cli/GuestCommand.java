package io.pageferry.cli;

import picocli.CommandLine.Command;

/** Commands on the guest of a daemon. */
@Command(
    name = "guest",
    description = "Load, run and look at the guest.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      GuestLoadCommand.class,
      GuestRunCommands.Start.class,
      GuestRunCommands.Pause.class,
      GuestRunCommands.Resume.class,
      GuestConsoleCommand.class,
      GuestRunCommands.Unload.class
    })
final class GuestCommand {}
