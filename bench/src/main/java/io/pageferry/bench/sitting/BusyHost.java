package io.pageferry.bench.sitting;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Keeps every core busy with a process of its own until it is closed, or for a minute at most. */
final class BusyHost implements AutoCloseable {
  private final List<Process> processes = new ArrayList<>();

  BusyHost() {
    try {
      for (int core = 0; core < Runtime.getRuntime().availableProcessors(); core++) {
        processes.add(
            new ProcessBuilder("timeout", "60", "sh", "-c", "while :; do :; done").start());
      }
    } catch (IOException e) {
      close();
      throw new UncheckedIOException("The host cannot be kept busy: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    for (Process process : processes) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
