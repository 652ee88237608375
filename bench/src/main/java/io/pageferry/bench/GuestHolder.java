package io.pageferry.bench;

import org.jspecify.annotations.Nullable;

/** The guest of a benchmark, between its setup and its teardown. Used by one thread. */
final class GuestHolder {
  private @Nullable BenchmarkGuest guest;

  void open(BenchmarkGuest opened) {
    guest = opened;
  }

  BenchmarkGuest get() {
    if (guest == null) {
      throw new IllegalStateException("The benchmark was not set up.");
    }
    return guest;
  }

  void close() {
    get().close();
    guest = null;
  }
}
