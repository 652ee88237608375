package io.pageferry.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;

/** Runs the same work on several platform threads that start together. */
final class Workers {
  private Workers() {}

  /**
   * Runs {@code work} with the numbers 0 to {@code threads - 1} and gives the results in that
   * order. The first failure of a worker is thrown.
   */
  static <T> List<T> run(int threads, IntFunction<T> work)
      throws InterruptedException, ExecutionException {
    CyclicBarrier start = new CyclicBarrier(threads);
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      List<Future<T>> futures = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        int worker = i;
        futures.add(
            executor.submit(() -> {
              var _ = start.await();
              return work.apply(worker);
            }));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(future.get());
      }
      return results;
    }
  }
}
