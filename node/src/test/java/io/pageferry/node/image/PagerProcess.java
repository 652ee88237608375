package io.pageferry.node.image;

import io.pageferry.config.HostPort;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A pager in a process of its own, which can be killed. */
final class PagerProcess implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 60;

  private final Process process;
  private final BlockingQueue<String> log = new LinkedBlockingQueue<>();

  private PagerProcess(Process process) {
    this.process = process;
    Thread.ofPlatform().daemon().start(this::read);
  }

  /** Starts one, and waits until it listens. */
  static PagerProcess start(HostPort source, Path socket, String... options)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath(),
                ImageRestoreMain.class.getName(),
                "--from",
                source.toString(),
                "--socket",
                socket.toString(),
                "--metrics-listen",
                "127.0.0.1:0"));
    command.addAll(List.of(options));
    PagerProcess pager =
        new PagerProcess(new ProcessBuilder(command).redirectErrorStream(true).start());
    pager.awaitLog("state=listening");
    return pager;
  }

  /** Also where a test runner has a class loader of its own. */
  private static String classPath() {
    List<String> path = new ArrayList<>(List.of(System.getProperty("java.class.path")));
    if (ImageRestoreMain.class.getClassLoader() instanceof URLClassLoader loader) {
      for (URL url : loader.getURLs()) {
        path.add(0, Path.of(URI.create(url.toString())).toString());
      }
    }
    return String.join(File.pathSeparator, path);
  }

  private void read() {
    try (BufferedReader lines = process.inputReader()) {
      lines.lines().forEach(log::add);
    } catch (IOException e) {
      log.add(e.toString());
    }
  }

  /** The lines from here on, up to the first that has this in it. */
  String awaitLog(String text) throws InterruptedException {
    StringBuilder seen = new StringBuilder();
    while (true) {
      String line = log.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (line == null) {
        throw new AssertionError("The pager does not say " + text + ": " + seen);
      }
      seen.append(line).append('\n');
      if (line.contains(text)) {
        return seen.toString();
      }
    }
  }

  void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
