package io.pageferry.monitoring;

import io.pageferry.architecture.Code;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The alert rules of {@code docker/prometheus}. Stateless. */
final class AlertRules {
  static final Path DIRECTORY = Code.repository().resolve("docker").resolve("prometheus");

  private static final Pattern EXPRESSION =
      Pattern.compile("\n        expr: (?:>-\n((?: {10}.*\n)+)|(.*)\n)");
  private static final Pattern RUNBOOK = Pattern.compile("runbook_url: (\\S+)");

  /** One rule. */
  record Rule(String name, String expression, String runbook) {}

  private AlertRules() {}

  static List<Rule> all() throws IOException {
    String text = Files.readString(DIRECTORY.resolve("alerts.yml"));
    return Arrays.stream(text.split("- alert: ", -1)).skip(1).map(AlertRules::rule).toList();
  }

  private static Rule rule(String text) {
    String name = text.lines().findFirst().orElseThrow();
    Matcher expression = find(EXPRESSION, text);
    String inBlock = expression.group(1);
    return new Rule(
        name, inBlock == null ? expression.group(2) : inBlock, find(RUNBOOK, text).group(1));
  }

  private static Matcher find(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    if (!matcher.find()) {
      throw new AssertionError("A rule lacks " + pattern + ": " + text);
    }
    return matcher;
  }
}
