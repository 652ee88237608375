package io.pageferry.cli.training;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A guest that moves during a training.
 *
 * @param load options of {@code ferry guest load}
 * @param work how long it works before it moves
 * @param hasConsole whether it can be asked to check itself
 * @param isWatched whether its migration is scraped and watched from the side
 */
record TrainingGuest(List<String> load, Duration work, boolean hasConsole, boolean isWatched) {
  /** What a pair of daemons moves, in this order: all programs, in several sizes. */
  static final List<TrainingGuest> ALL =
      List.of(
          program("smp", "64MiB", 800, "--vcpus=2"),
          program("touch", "256MiB", 800, "--random-order"),
          program("kv", "64MiB", 500),
          program("counter", "32MiB", 300),
          synthetic("zipfian", "64MiB"),
          program("touch", "64MiB", 300),
          program("smp", "128MiB", 800, "--vcpus=2"),
          program("touch", "256MiB", 800, "--random-order"));

  private static TrainingGuest program(
      String name, String memory, long workMillis, String... more) {
    List<String> load = new ArrayList<>(List.of("--program=" + name, "--memory=" + memory));
    load.addAll(List.of(more));
    boolean isWatched = name.equals("kv");
    return new TrainingGuest(List.copyOf(load), Duration.ofMillis(workMillis), true, isWatched);
  }

  private static TrainingGuest synthetic(String pattern, String memory) {
    List<String> load =
        List.of("--synthetic=" + pattern, "--memory=" + memory, "--vcpus=2", "--rate=200000");
    return new TrainingGuest(load, Duration.ofMillis(300), false, false);
  }
}
