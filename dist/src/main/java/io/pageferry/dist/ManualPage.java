package io.pageferry.dist;

import io.pageferry.config.cli.ExitCode;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * The manual page of one command, in the {@code man} macros of roff. It says what {@code --help}
 * says: both are made of the same model.
 */
final class ManualPage {
  private final CommandSpec command;
  private final String version;
  private final LocalDate date;
  private final StringBuilder page = new StringBuilder();

  ManualPage(CommandSpec command, String version, LocalDate date) {
    this.command = command;
    this.version = version;
    this.date = date;
  }

  /** Name of the page: that of the command with its parents, joined by hyphens. */
  String name() {
    return name(command);
  }

  private static String name(CommandSpec spec) {
    return spec.qualifiedName("-");
  }

  /** The page. */
  String text() {
    line(
        ".TH \"%s\" 1 \"%s\" \"%s\" \"PageFerry manual\""
            .formatted(escape(name().toUpperCase(Locale.ROOT)), date, version));
    section("NAME");
    line(escape(name()) + " \\- " + escape(firstSentence()));
    section("SYNOPSIS");
    line(".nf");
    line(escape(new CommandLine.Help(command, Ansi.OFF).synopsis(0).strip()));
    line(".fi");
    section("DESCRIPTION");
    paragraphs(command.usageMessage().description());
    parameters();
    options();
    subcommands();
    if (command.parent() != null) {
      section("NOTES");
      paragraphs(command.usageMessage().footer());
    }
    exitStatus();
    seeAlso();
    return page.toString();
  }

  private String firstSentence() {
    String[] description = command.usageMessage().description();
    String first = description.length == 0 ? name() : description[0].formatted();
    int end = first.indexOf(". ");
    String sentence = end < 0 ? first : first.substring(0, end);
    return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
  }

  private void parameters() {
    List<PositionalParamSpec> parameters = command.positionalParameters();
    if (!parameters.isEmpty()) {
      section("PARAMETERS");
      parameters.forEach(parameter -> entry(parameter.paramLabel(), parameter));
    }
  }

  private void options() {
    List<OptionSpec> options =
        command.options().stream().filter(option -> !option.hidden()).toList();
    if (!options.isEmpty()) {
      section("OPTIONS");
      options.forEach(option -> entry(label(option), option));
    }
  }

  private static String label(OptionSpec option) {
    String names = String.join(", ", option.names());
    return option.arity().max() == 0 ? names : names + "=" + option.paramLabel();
  }

  private void entry(String label, ArgSpec argument) {
    tagged(label);
    for (String part : argument.description()) {
      line(escape(part.formatted()));
    }
    String standard = argument.defaultValue();
    if (command.usageMessage().showDefaultValues() && standard != null) {
      line("Default: " + escape(standard) + ".");
    }
  }

  private void subcommands() {
    Set<CommandLine> subcommands = new LinkedHashSet<>(command.subcommands().values());
    if (!subcommands.isEmpty()) {
      section("COMMANDS");
      for (CommandLine subcommand : subcommands) {
        CommandSpec spec = subcommand.getCommandSpec();
        tagged(spec.name());
        for (String part : spec.usageMessage().description()) {
          line(escape(part.formatted()));
        }
        line("See " + reference(spec) + ".");
      }
    }
  }

  private void exitStatus() {
    section("EXIT STATUS");
    for (ExitCode code : ExitCode.values()) {
      tagged(Integer.toString(code.number()));
      line(escape(code.meaning()));
    }
  }

  private void seeAlso() {
    List<CommandSpec> related = new ArrayList<>();
    CommandSpec parent = command.parent();
    if (parent != null) {
      related.add(parent);
    }
    command.subcommands().values().forEach(sub -> related.add(sub.getCommandSpec()));
    section("SEE ALSO");
    line(String.join(",\n", related.stream().map(ManualPage::reference).distinct().toList()));
  }

  private static String reference(CommandSpec spec) {
    return "\\fB" + escape(name(spec)) + "\\fR(1)";
  }

  private void section(String title) {
    line(".SH " + title);
  }

  private void tagged(String label) {
    line(".TP");
    line("\\fB" + escape(label) + "\\fR");
  }

  /** Lines that belong together make a paragraph; an empty one ends it. */
  private void paragraphs(String[] lines) {
    boolean empty = true;
    for (String part : lines) {
      if (part.isBlank()) {
        empty = true;
        continue;
      }
      if (empty) {
        line(".PP");
      }
      line(escape(part.formatted()));
      empty = false;
    }
  }

  /** Text without meaning to roff: no escape, no request, no hyphen that is set as a dash. */
  private static String escape(String text) {
    String escaped =
        text.replace("\\", "\\e").replace("-", "\\-").replace("…", "...").replace("–", "\\(en");
    return escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" + escaped : escaped;
  }

  private void line(String text) {
    page.append(text).append('\n');
  }
}
