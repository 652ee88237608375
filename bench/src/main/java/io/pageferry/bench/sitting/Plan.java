package io.pageferry.bench.sitting;

import io.pageferry.bench.report.Run;
import java.util.ArrayList;
import java.util.List;
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

  List<Step> steps() {
    return steps;
  }
}
