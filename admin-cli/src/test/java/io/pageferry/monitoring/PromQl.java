package io.pageferry.monitoring;

import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** As much of Prometheus' query language as finds the metrics in an expression. Stateless. */
final class PromQl {
  private static final Pattern RANGE = Pattern.compile("\\[[^]]*]");
  private static final Pattern LABEL_LIST =
      Pattern.compile("\\b(by|without|on|ignoring|group_left|group_right)\\s*\\([^)]*\\)");
  private static final Pattern SELECTOR =
      Pattern.compile("(?<![\\w.])([a-zA-Z_:][\\w:]*)\\b(?!\\s*\\()(?:\\{([^}]*)})?");
  private static final Pattern MATCHER = Pattern.compile("(\\w+)\\s*(=~|!~|!=|=)\\s*\"([^\"]*)\"");
  private static final Set<String> KEYWORDS = Set.of("and", "or", "unless", "bool", "offset");

  /** Which samples are meant: a metric, and conditions on its labels. */
  record Selector(String metric, List<MatchResult> conditions) {
    boolean matches(Scrape.Sample sample) {
      return sample.name().equals(metric)
          && conditions.stream().allMatch(condition -> holds(condition, sample));
    }

    private static boolean holds(MatchResult condition, Scrape.Sample sample) {
      String value = sample.labels().getOrDefault(condition.group(1), "");
      return switch (condition.group(2)) {
        case "=" -> value.equals(condition.group(3));
        case "!=" -> !value.equals(condition.group(3));
        case "=~" -> value.matches(condition.group(3));
        default -> !value.matches(condition.group(3));
      };
    }
  }

  private PromQl() {}

  static List<Selector> selectors(String expression) {
    String bare = LABEL_LIST.matcher(RANGE.matcher(expression).replaceAll("")).replaceAll("");
    return SELECTOR
        .matcher(bare)
        .results()
        .filter(found -> !KEYWORDS.contains(found.group(1)))
        .map(found -> new Selector(found.group(1), conditions(found.group(2))))
        .toList();
  }

  private static List<MatchResult> conditions(String matchers) {
    return matchers == null ? List.of() : MATCHER.matcher(matchers).results().toList();
  }
}
