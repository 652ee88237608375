package io.pageferry.cli.guest;

import picocli.CommandLine.Command;

/** Commands on the guest of a daemon. */
@Command(
    name = "guest",
    description = "Load, run and look at guests.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      GuestLoadCommand.class,
      GuestListCommand.class,
      GuestRunCommands.Start.class,
      GuestRunCommands.Pause.class,
      GuestRunCommands.Resume.class,
      GuestConsoleCommand.class,
      PoisonCommands.Poison.class,
      PoisonCommands.Unpoison.class,
      GuestRunCommands.Unload.class
    })
public final class GuestCommand {}
