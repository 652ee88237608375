package io.pageferry.config.cli;

import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The options that every program has, {@code --config}, {@code --help} and {@code --version}, and
 * the look of its help. {@link CommandRunner} acts on them.
 */
final class StandardOptions {
  private static final String[] FOOTER = {
    "",
    "SIZE is bytes or a number with KiB, MiB, GiB, TiB (kB, MB, GB, TB for powers of ten).",
    "DURATION is a number with ns, us, ms, s, m or h. An IPv6 HOST stands in brackets.",
    "Each option can also be set in the environment (--some-option as PAGEFERRY_SOME_OPTION)",
    "or in the configuration file (some-option = value). The command line comes first, then",
    "the environment, then the file, then the default."
  };

  private StandardOptions() {}

  static void addTo(CommandSpec command) {
    command
        .addOption(
            OptionSpec.builder("--config")
                .type(Path.class)
                .paramLabel("FILE")
                .description("Configuration file (or PAGEFERRY_CONFIG); none by default.")
                .build())
        .mixinStandardHelpOptions(true)
        .usageMessage()
        .showDefaultValues(true)
        .sortOptions(false)
        .autoWidth(true)
        .footer(FOOTER);
  }
}
