package io.pageferry.monitoring;

import io.pageferry.config.HostPort;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a daemon answered to Prometheus.
 *
 * @param text as it came
 * @param samples its samples
 * @param signatures type and sorted label names of each metric, by its name
 */
record Scrape(String text, List<Sample> samples, Map<String, String> signatures) {
  private static final Pattern SAMPLE = Pattern.compile("(\\w+)(?:\\{(.*)})? (\\S+)");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"((?:[^\"\\\\]|\\\\.)*)\"");

  /** One line. */
  record Sample(String name, Map<String, String> labels, double value) {}

  static Scrape of(HostPort address) throws IOException, InterruptedException {
    URI uri = URI.create("http://" + address + "/metrics");
    try (HttpClient client = HttpClient.newHttpClient()) {
      return parse(
          client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body());
    }
  }

  private static Scrape parse(String text) {
    List<Sample> samples = new ArrayList<>();
    Map<String, String> signatures = new TreeMap<>();
    String family = "";
    String type = "";
    for (String line : text.lines().toList()) {
      Matcher sample = SAMPLE.matcher(line);
      if (line.startsWith("# TYPE ")) {
        family = line.split(" ", -1)[2];
        type = line.split(" ", -1)[3];
      } else if (!line.startsWith("#") && sample.matches()) {
        Map<String, String> labels = labels(sample.group(2));
        samples.add(new Sample(sample.group(1), labels, Double.parseDouble(sample.group(3))));
        TreeSet<String> names = new TreeSet<>(labels.keySet());
        names.remove("le");
        signatures.put(family, (type + " " + String.join(" ", names)).strip());
      }
    }
    return new Scrape(text, samples, signatures);
  }

  private static Map<String, String> labels(String pairs) {
    Map<String, String> labels = new TreeMap<>();
    if (pairs != null) {
      LABEL.matcher(pairs).results().forEach(pair -> labels.put(pair.group(1), pair.group(2)));
    }
    return labels;
  }

  /** The value of the only sample that a selector finds. */
  double value(String selector) {
    List<Sample> found =
        samples.stream().filter(PromQl.selectors(selector).getFirst()::matches).toList();
    if (found.size() != 1) {
      throw new AssertionError(selector + " finds " + found + ".");
    }
    return found.getFirst().value();
  }
}
