package io.pageferry.bench.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.pageferry.client.FerryException;
import io.pageferry.config.cli.ExitCode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.List;

/**
 * Memory that was recently in use, to be had by whoever is measured next: hold it while things are
 * set up, release it right before the measurement. In a virtual machine the first touch of a page
 * that the host has taken back costs several times as much, which would be measured instead. Used
 * by one thread; its process ends when it is closed.
 */
public final class WarmPool implements AutoCloseable {
  private final Process process;
  private final BufferedReader answers;

  /** With so much memory, none of it held yet. */
  public WarmPool(NativePrograms programs, int mib) {
    List<String> command =
        List.of(programs.program("warmpool").toString(), "--mib", Integer.toString(mib));
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw BoundedProcess.cannotRun(command, e);
    }
    answers = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
  }

  /** Takes the memory and touches all of it. Nothing if it is held. */
  public void hold() {
    ask("hold");
  }

  /** Gives it back. Nothing if it is not held. */
  public void release() {
    ask("release");
  }

  private void ask(String what) {
    String answer;
    try {
      process.getOutputStream().write((what + "\n").getBytes(UTF_8));
      process.getOutputStream().flush();
      answer = answers.readLine();
    } catch (IOException e) {
      answer = e.getMessage();
    }
    if (!"done".equals(answer)) {
      throw new FerryException(
          ExitCode.ENVIRONMENT,
          "Warm memory cannot be had (%s); is enough memory free?".formatted(answer));
    }
  }

  @Override
  public void close() {
    BoundedProcess.end(process);
  }
}
