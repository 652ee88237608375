package io.pageferry.cli;

import io.pageferry.cli.demo.DemoCommand;
import io.pageferry.cli.guest.DigestCommand;
import io.pageferry.cli.guest.GuestCommand;
import io.pageferry.cli.migrate.CancelCommand;
import io.pageferry.cli.migrate.MigrateCommand;
import io.pageferry.cli.output.StandardOutput;
import io.pageferry.cli.status.FaultsCommand;
import io.pageferry.cli.status.StatusCommand;
import io.pageferry.cli.status.VersionCommand;
import io.pageferry.cli.view.Text;
import io.pageferry.cli.watch.WatchCommand;
import io.pageferry.client.FerryException;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.config.cli.ValueConverters;
import io.pageferry.text.PlainText;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import org.slf4j.bridge.SLF4JBridgeHandler;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;

/** The {@code ferry} command. Ends the process with an {@link ExitCode}. */
@Command(
    name = "ferry",
    description = "Moves a running guest between two daemons by post-copy live migration.",
    synopsisSubcommandLabel = "COMMAND")
public final class Ferry {
  /** System property: {@code true} in an installed copy, which has nothing to build or to test. */
  public static final String INSTALLED_PROPERTY = "pageferry.installed";

  private static final int HELP_COLUMNS = 78;

  /** In the order of the help. */
  private static final List<Class<?>> COMMANDS =
      List.of(
          DemoCommand.class,
          LauncherCommands.Bench.class,
          LauncherCommands.Verify.class,
          LauncherCommands.Source.class,
          LauncherCommands.Dest.class,
          LauncherCommands.Node.class,
          LauncherCommands.Image.class,
          GuestCommand.class,
          MigrateCommand.class,
          StatusCommand.class,
          WatchCommand.class,
          FaultsCommand.class,
          CancelCommand.class,
          DigestCommand.class,
          VersionCommand.class);

  /** Runs one command. */
  public static void main(String[] arguments) {
    // Numbers as the documentation writes them, whatever the user's language.
    Locale.setDefault(Locale.ROOT);
    prepareLogging();
    int exitCode = commandLineFor(arguments).execute(arguments);
    System.exit(exitCode == ExitCode.OK.number() ? afterOutput() : exitCode);
  }

  /** Only warnings of libraries, on standard error; to be called before anything logs. */
  public static void prepareLogging() {
    System.setProperty("logback.configurationFile", "ferry-logback.xml");
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
  }

  /** A command that did as asked has not, if nobody can read what it printed. */
  private static int afterOutput() {
    // Why it failed is asked only if it did: the question takes a tenth of a second.
    return System.out.checkError()
        ? StandardOutput.failure().map(failure -> print(failure, System.err)).orElse(0)
        : ExitCode.OK.number();
  }

  private static int print(FerryException failure, PrintStream err) {
    // As programs do that SIGPIPE ends: whoever closed the pipe knows.
    if (failure.exitCode() != ExitCode.OUTPUT_CLOSED) {
      err.println("ferry: " + failure.sentence());
    }
    return failure.exitCode().number();
  }

  /** The parser with all commands and the mapping of failures to exit codes. */
  public static CommandLine commandLine() {
    return commandLine(COMMANDS);
  }

  /**
   * The parser with the one command that the arguments begin with, or with all if there is no such:
   * to describe all takes a tenth of a second.
   */
  public static CommandLine commandLineFor(String... arguments) {
    List<Class<?>> named =
        COMMANDS.stream()
            .filter(type -> arguments.length > 0 && name(type).equals(arguments[0]))
            .toList();
    return commandLine(named.isEmpty() ? COMMANDS : named);
  }

  private static String name(Class<?> command) {
    return command.getAnnotation(Command.class).name();
  }

  private static CommandLine commandLine(List<Class<?>> commands) {
    CommandLine commandLine = new CommandLine(new Ferry());
    commands.forEach(type -> commandLine.addSubcommand(name(type), type));
    if (Boolean.getBoolean(INSTALLED_PROPERTY)) {
      LauncherCommands.IN_SOURCE_TREE_ONLY.stream()
          .filter(commandLine.getSubcommands()::containsKey)
          .forEach(commandLine.getCommandSpec()::removeSubcommand);
    }
    commandLine
        .getCommandSpec()
        .addOption(
            OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .scopeType(ScopeType.INHERIT)
                .description("Show this help.")
                .build());
    commandLine.getCommandSpec().usageMessage().footer(exitCodes());
    explainUnits(commandLine);
    commandLine.setUsageHelpAutoWidth(true);
    // What follows these is for the launcher, which carries them out.
    commandLine.getSubcommands().values().stream()
        .filter(command -> LauncherCommands.NAMES.contains(command.getCommandName()))
        .forEach(command -> command.setUnmatchedArgumentsAllowed(true));
    ValueConverters.register(commandLine);
    return commandLine
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(Ferry::report)
        .setParameterExceptionHandler(Ferry::reportUsage)
        .setExecutionStrategy(Ferry::run);
  }

  private static String[] exitCodes() {
    StringJoiner codes = new StringJoiner("; ", "Exit codes: ", ".");
    for (ExitCode code : ExitCode.values()) {
      codes.add(code.number() + " " + code.meaning());
    }
    List<String> lines = new ArrayList<>(List.of(""));
    lines.addAll(Text.wrap(codes.toString(), HELP_COLUMNS));
    return lines.toArray(String[]::new);
  }

  /** Says below the options of each command how their values are written. */
  private static void explainUnits(CommandLine commandLine) {
    for (CommandLine command : commandLine.getSubcommands().values()) {
      List<String> lines = new ArrayList<>();
      Set<String> labels =
          command.getCommandSpec().options().stream()
              .map(OptionSpec::paramLabel)
              .collect(Collectors.toSet());
      if (labels.contains("SIZE")) {
        lines.add("SIZE is bytes, or a number with KiB, MiB, GiB or TiB.");
      }
      if (labels.contains("DURATION")) {
        lines.add("DURATION is a number with ns, us, ms, s, m or h.");
      }
      command.getCommandSpec().usageMessage().footer(lines.toArray(String[]::new));
      explainUnits(command);
    }
  }

  private static int run(ParseResult result) {
    ParseResult last = result;
    while (last.hasSubcommand()) {
      last = last.subcommand();
    }
    CommandLine command = last.commandSpec().commandLine();
    if (!last.isUsageHelpRequested() && !command.getSubcommands().isEmpty()) {
      command.usage(command.getErr());
      return ExitCode.USAGE.number();
    }
    return new CommandLine.RunLast().execute(result);
  }

  private static int report(Exception failure, CommandLine command, ParseResult result) {
    PrintWriter err = command.getErr();
    if (failure instanceof FerryException expected) {
      if (expected.exitCode() != ExitCode.OUTPUT_CLOSED) {
        err.println("ferry: " + expected.sentence());
        err.flush();
      }
      return expected.exitCode().number();
    }
    err.println("ferry: an unexpected error; please report it with the lines below.");
    failure.printStackTrace(err);
    err.flush();
    return ExitCode.INTERNAL.number();
  }

  private static String sentence(CommandLine.ParameterException failure) {
    if (!(failure instanceof CommandLine.UnmatchedArgumentException unmatched)
        || unmatched.isUnknownOption()) {
      return String.valueOf(failure.getMessage());
    }
    String meant = String.join(" or ", unmatched.getSuggestions());
    return "there is no command %s%s"
        .formatted(
            String.join(" ", unmatched.getUnmatched()),
            meant.isEmpty() ? "" : "; did you mean " + meant + "?");
  }

  private static int reportUsage(CommandLine.ParameterException failure, String[] arguments) {
    CommandLine command = failure.getCommandLine();
    PrintWriter err = command.getErr();
    String sentence = PlainText.of(sentence(failure));
    err.printf(
        "ferry: %s; see '%s --help'.%n",
        sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence,
        command.getCommandSpec().qualifiedName());
    err.flush();
    return ExitCode.USAGE.number();
  }
}
