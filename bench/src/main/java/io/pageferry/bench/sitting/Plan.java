package io.pageferry.bench.sitting;

import io.pageferry.bench.result.Run;
import io.pageferry.client.FerryException;
import io.pageferry.config.cli.ExitCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/** The runs of a sitting in the order in which they are made. */
final class Plan {
  /**
   * One run.
   *
   * @param name what is run, for people
   * @param run makes it
   */
  record Step(String name, Callable<Run> run) {}

  private final List<Step> steps = new ArrayList<>();

  void add(String name, Callable<Run> run) {
    steps.add(new Step(name, run));
  }

  /**
   * The runs whose name contains a text, in any case.
   *
   * @throws FerryException if there is none
   */
  List<Step> steps(String text) {
    String wanted = text.toLowerCase(Locale.ROOT);
    List<Step> found =
        steps.stream()
            .filter(step -> step.name().toLowerCase(Locale.ROOT).contains(wanted))
            .toList();
    if (found.isEmpty()) {
      throw new FerryException(
          ExitCode.USAGE,
          "No run's name contains \"%s\"; there are: %s."
              .formatted(
                  text, String.join(", ", steps.stream().map(Step::name).distinct().toList())));
    }
    return found;
  }
}
