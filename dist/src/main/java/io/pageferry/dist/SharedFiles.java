package io.pageferry.dist;

import io.pageferry.cli.Ferry;
import io.pageferry.node.DestMain;
import io.pageferry.node.NodeMain;
import io.pageferry.node.SourceMain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Writes the archive's {@code share} directory. Its content depends on the arguments only: the same
 * commit gives the same bytes.
 */
public final class SharedFiles {
  private SharedFiles() {}

  /**
   * Writes them.
   *
   * @param arguments the directory to write to; the directory of the jars; the version; the date of
   *     the build as an ISO 8601 timestamp
   */
  public static void main(String[] arguments) throws IOException {
    Path share = Path.of(arguments[0]);
    LocalDate date =
        ZonedDateTime.parse(arguments[3]).withZoneSameInstant(ZoneOffset.UTC).toLocalDate();
    CommandLine ferry = installedFerry();
    write(share.resolve("bash-completion/completions/ferry"), AutoComplete.bash("ferry", ferry));
    writePages(share.resolve("man/man1"), ferry, "PageFerry " + arguments[2], date);
    Licences.extract(Path.of(arguments[1]), share.resolve("doc/pageferry/licences"));
  }

  /** All commands of an installed copy, with the options of the daemons. */
  private static CommandLine installedFerry() {
    System.setProperty(Ferry.INSTALLED_PROPERTY, "true");
    CommandLine ferry = Ferry.commandLine();
    describe(ferry, "source", SourceMain.commandLine().getCommandSpec());
    describe(ferry, "dest", DestMain.commandLine().getCommandSpec());
    describe(ferry, "node", NodeMain.commandLine().getCommandSpec());
    return ferry;
  }

  /**
   * Gives ferry's command for a daemon, which the launcher carries out, the daemon's own options.
   */
  private static void describe(CommandLine ferry, String name, CommandSpec daemon) {
    CommandSpec command = Objects.requireNonNull(ferry.getSubcommands().get(name)).getCommandSpec();
    daemon.options().stream()
        .filter(option -> !option.longestName().equals("--help"))
        .forEach(option -> command.addOption(OptionSpec.builder(option).build()));
    var _ =
        command
            .usageMessage()
            .description(daemon.usageMessage().description())
            .footer(daemon.usageMessage().footer())
            .showDefaultValues(daemon.usageMessage().showDefaultValues());
  }

  private static void writePages(
      Path directory, CommandLine command, String version, LocalDate date) throws IOException {
    ManualPage page = new ManualPage(command.getCommandSpec(), version, date);
    write(directory.resolve(page.name() + ".1"), page.text());
    Set<CommandLine> subcommands = new LinkedHashSet<>(command.getSubcommands().values());
    for (CommandLine subcommand : subcommands) {
      writePages(directory, subcommand, version, date);
    }
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.resolveSibling("."));
    Files.writeString(file, text);
  }
}
