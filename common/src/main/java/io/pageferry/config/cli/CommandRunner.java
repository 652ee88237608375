package io.pageferry.config.cli;

import io.pageferry.config.ConfigFile;
import io.pageferry.text.PlainText;
import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IExitCodeExceptionMapper;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Runs a program from its command line to its exit code, so that a {@code main} is one line:
 *
 * <pre>{@code
 * System.exit(new CommandRunner(new SourceCommand(), failures).run(args));
 * }</pre>
 *
 * <p>The command is an object with picocli annotations that is a {@code Callable<Integer>} or a
 * {@code Runnable}. It gets the options {@code --config}, {@code --help} and {@code --version}; its
 * own options, where the command line leaves them out, come from the environment and the
 * configuration file.
 *
 * <p>Bad input, which includes an {@link IllegalArgumentException} thrown by the command itself,
 * ends in one sentence on standard error and exit code {@link ExitCode#USAGE}. Any other exception
 * is given to the mapper: with a code of its own it ends in its message and that code; with {@link
 * ExitCode#INTERNAL}, in a stack trace. One thread, used once.
 */
public final class CommandRunner {
  private static final Set<String> HELP = Set.of("-h", "--help", "-V", "--version");

  private final CommandLine commandLine;
  private final IExitCodeExceptionMapper failures;
  private final Map<String, String> environment;

  /** A runner over the process's own environment. */
  public CommandRunner(Object command, IExitCodeExceptionMapper failures) {
    this(command, failures, System.getenv());
  }

  /** A runner over a given environment. */
  CommandRunner(
      Object command, IExitCodeExceptionMapper failures, Map<String, String> environment) {
    this.commandLine = new CommandLine(command);
    this.failures = failures;
    this.environment = environment;
    StandardOptions.addTo(commandLine.getCommandSpec());
    ValueConverters.register(commandLine);
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.setExecutionExceptionHandler(this::failed);
  }

  /** The command line, for a program that has something to add, such as where to print. */
  public CommandLine commandLine() {
    return commandLine;
  }

  /** Parses, runs, and gives the exit code. Blocks until the command returns. */
  public int run(String... args) {
    List<String> arguments = Arrays.asList(args);
    LayeredDefaults defaults;
    try {
      // Help shows the built-in defaults, and shows them even if the configuration file is broken.
      defaults = isHelp(arguments) ? noDefaults() : readDefaults(arguments);
    } catch (IllegalArgumentException e) {
      return misused(e.getMessage());
    }
    commandLine.setDefaultValueProvider(defaults);
    commandLine.setParameterExceptionHandler((e, ignored) -> misused(sentence(e, defaults)));
    return commandLine.execute(args);
  }

  private static boolean isHelp(List<String> arguments) {
    return arguments.stream().anyMatch(HELP::contains);
  }

  private static LayeredDefaults noDefaults() {
    return new LayeredDefaults(Map.of(), null);
  }

  private LayeredDefaults readDefaults(List<String> arguments) {
    String path = configPath(arguments);
    LayeredDefaults defaults =
        new LayeredDefaults(environment, path == null ? null : ConfigFile.read(toPath(path)));
    defaults.checkKeys(commandLine.getCommandSpec());
    return defaults;
  }

  private static Path toPath(String path) {
    try {
      return Path.of(path);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("'" + path + "' is not the name of a file.", e);
    }
  }

  /**
   * Finds {@code --config} before picocli parses, because picocli asks for default values first.
   */
  private @Nullable String configPath(List<String> arguments) {
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (argument.equals("--config") && i + 1 < arguments.size()) {
        return arguments.get(i + 1);
      }
      if (argument.startsWith("--config=")) {
        return argument.substring("--config=".length());
      }
    }
    String path = environment.get(LayeredDefaults.environmentVariable("config"));
    return path == null || path.isEmpty() ? null : path;
  }

  private static String sentence(ParameterException e, LayeredDefaults defaults) {
    String message = String.valueOf(e.getMessage());
    if (e instanceof UnmatchedArgumentException) {
      return message + "; --help lists all options.";
    }
    String place = defaults.placeOf(e.getArgSpec(), e.getValue());
    return (place == null ? "" : place + ": ") + message + (message.endsWith(".") ? "" : ".");
  }

  private int failed(Exception e, CommandLine failing, ParseResult ignored) {
    if (e instanceof IllegalArgumentException) {
      return misused(e.getMessage());
    }
    int code = failures.getExitCode(e);
    PrintWriter err = commandLine.getErr();
    if (code == ExitCode.INTERNAL.number() || e.getMessage() == null) {
      err.print("Internal error: ");
      e.printStackTrace(err);
    } else {
      err.println(e.getMessage());
    }
    err.flush();
    return code;
  }

  private int misused(@Nullable String sentence) {
    PrintWriter err = commandLine.getErr();
    err.println(PlainText.of(String.valueOf(sentence)));
    err.flush();
    return ExitCode.USAGE.number();
  }
}
