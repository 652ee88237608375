package io.pageferry.host;

/** Ends several things, whatever happens with one of them. */
public final class Ending {
  private Ending() {}

  /**
   * Does every step, in this order, also after one that throws; then throws what the first that did
   * threw, with the others suppressed.
   */
  public static void all(Runnable... steps) {
    RuntimeException first = null;
    Error error = null;
    for (Runnable step : steps) {
      try {
        step.run();
      } catch (RuntimeException e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      } catch (Error e) {
        if (error == null) {
          error = e;
        } else {
          error.addSuppressed(e);
        }
      }
    }
    if (error != null) {
      throw error;
    }
    if (first != null) {
      throw first;
    }
  }

  /** Does every step after {@code failure}, to which what they throw is added as suppressed. */
  public static void after(Throwable failure, Runnable... steps) {
    try {
      all(steps);
    } catch (RuntimeException | Error e) {
      failure.addSuppressed(e);
    }
  }
}
