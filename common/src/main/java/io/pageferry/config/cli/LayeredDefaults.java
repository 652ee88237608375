package io.pageferry.config.cli;

import io.pageferry.config.ConfigFile;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * What an option is worth when the command line does not say: the environment variable {@code
 * PAGEFERRY_<OPTION_NAME>}, else the configuration file's setting, else (null) the built-in
 * default. Remembers where each value came from, for the message when it turns out to be invalid.
 * One thread, for one command line.
 */
final class LayeredDefaults implements IDefaultValueProvider {
  static final String ENVIRONMENT_PREFIX = "PAGEFERRY_";
  private static final Set<String> COMMAND_LINE_ONLY = Set.of("config", "help", "version");

  private final Map<String, String> environment;
  private final @Nullable ConfigFile file;
  private final Map<ArgSpec, Source> sources = new HashMap<>();

  /** Where a value came from. */
  private record Source(String value, String place) {}

  LayeredDefaults(Map<String, String> environment, @Nullable ConfigFile file) {
    this.environment = environment;
    this.file = file;
  }

  /**
   * Checks that every setting of the file belongs to an option.
   *
   * @throws IllegalArgumentException naming file and line of one that does not
   */
  void checkKeys(CommandSpec command) {
    if (file == null) {
      return;
    }
    Set<String> known = new HashSet<>();
    collectKeys(command, known);
    for (ConfigFile.Entry entry : file.entries()) {
      if (!known.contains(entry.key())) {
        throw new IllegalArgumentException(
            "%s: there is no option '%s'; --help lists all."
                .formatted(file.position(entry), entry.key()));
      }
    }
  }

  private static void collectKeys(CommandSpec command, Set<String> keys) {
    for (OptionSpec option : command.options()) {
      String key = key(option);
      if (key != null) {
        keys.add(key);
      }
    }
    for (CommandLine subcommand : command.subcommands().values()) {
      collectKeys(subcommand.getCommandSpec(), keys);
    }
  }

  /** An option's name in the file, or null if it cannot be set there. */
  private static @Nullable String key(ArgSpec argument) {
    if (!(argument instanceof OptionSpec option) || !option.longestName().startsWith("--")) {
      return null;
    }
    String key = option.longestName().substring(2);
    return COMMAND_LINE_ONLY.contains(key) ? null : key;
  }

  /** The environment variable that sets the option with this key. */
  static String environmentVariable(String key) {
    return ENVIRONMENT_PREFIX + key.replace('-', '_').toUpperCase(Locale.ROOT);
  }

  @Override
  public @Nullable String defaultValue(ArgSpec argument) {
    String key = key(argument);
    if (key == null) {
      return null;
    }
    String variable = environmentVariable(key);
    String fromEnvironment = environment.get(variable);
    if (fromEnvironment != null && !fromEnvironment.isEmpty()) {
      sources.put(argument, new Source(fromEnvironment, "Environment variable " + variable));
      return fromEnvironment;
    }
    ConfigFile.Entry entry = file == null ? null : file.entry(key);
    if (file == null || entry == null) {
      return null;
    }
    sources.put(argument, new Source(entry.value(), file.position(entry)));
    return entry.value();
  }

  /** Where the given invalid value of an option came from, or null if from the command line. */
  @Nullable String placeOf(@Nullable ArgSpec argument, @Nullable String value) {
    Source source = argument == null ? null : sources.get(argument);
    return source != null && source.value().equals(value) ? source.place() : null;
  }
}
