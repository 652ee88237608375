package io.pageferry.bench.result;

/**
 * A promise held against what was measured.
 *
 * @param id short and stable, for machines
 * @param what the promise in words
 * @param figure what was measured: a median over the runs
 * @param relation on which side of the target the figure has to be
 * @param target the promise
 * @param detail the medians and spreads it was computed from
 */
public record Bar(
    String id, String what, double figure, Relation relation, double target, String detail) {
  /** The side of the target that is good. */
  public enum Relation {
    /** The figure may not exceed the target. */
    AT_MOST,
    /** The figure may not fall short of the target. */
    AT_LEAST
  }

  /** Whether the promise is kept. A figure that is not a number keeps none. */
  public boolean met() {
    return switch (relation) {
      case AT_MOST -> figure <= target;
      case AT_LEAST -> figure >= target;
    };
  }
}
