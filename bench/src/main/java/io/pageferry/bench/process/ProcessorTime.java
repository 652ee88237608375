package io.pageferry.bench.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Processor time that a QEMU has used without its vCPU.
 *
 * @param process all threads, those that have ended included; a multiple of 10 ms
 * @param vcpu the thread that runs the guest
 */
public record ProcessorTime(Duration process, Duration vcpu) {
  /** Of a process until now. */
  public static ProcessorTime of(long processId, long vcpuThreadId) {
    Path statistics = Path.of("/proc/%d/task/%d/schedstat".formatted(processId, vcpuThreadId));
    try {
      String nanos = Files.readString(statistics).split(" ", 2)[0];
      return new ProcessorTime(
          ProcessHandle.of(processId)
              .flatMap(handle -> handle.info().totalCpuDuration())
              .orElse(Duration.ZERO),
          Duration.ofNanos(Long.parseLong(nanos)));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read a vCPU's processor time.", e);
    }
  }

  /** Seconds of all threads but the vCPU since an earlier reading. */
  public double secondsBesideVcpu(ProcessorTime earlier) {
    return process.minus(earlier.process).minus(vcpu.minus(earlier.vcpu)).toNanos() / 1e9;
  }
}
