package io.pageferry.cli.training;

import java.util.List;
import java.util.stream.Stream;

/**
 * A guest that moves during a training.
 *
 * @param load options of {@code ferry guest load}
 * @param hasConsole whether it can be asked to check itself
 * @param migrate options of {@code ferry migrate}
 */
record TrainingGuest(List<String> load, boolean hasConsole, List<String> migrate) {
  static final String DETACH = "--detach";

  private static final TrainingGuest RANDOM = program("touch", "256MiB", "--random-order");

  /** What a pair of daemons moves, in this order: all programs, in several sizes. */
  static final List<TrainingGuest> ALL =
      List.of(
          program("smp", "64MiB", "--vcpus=2"),
          // Pages on demand alone: the shortest way to many faults.
          RANDOM.by("--drain-after=1s"),
          program("kv", "64MiB").by(DETACH),
          program("counter", "32MiB"),
          synthetic("zipfian", "64MiB"),
          program("touch", "64MiB"),
          program("smp", "128MiB", "--vcpus=2"),
          RANDOM);

  private static TrainingGuest program(String name, String memory, String... more) {
    return new TrainingGuest(options("--program=" + name, memory, more), true, List.of());
  }

  private static TrainingGuest synthetic(String pattern, String memory) {
    return new TrainingGuest(
        options("--synthetic=" + pattern, memory, "--vcpus=2", "--rate=200000"), false, List.of());
  }

  private static List<String> options(String guest, String memory, String... more) {
    return Stream.concat(Stream.of(guest, "--memory=" + memory), Stream.of(more)).toList();
  }

  private TrainingGuest by(String option) {
    return new TrainingGuest(load, hasConsole, List.of(option));
  }
}
