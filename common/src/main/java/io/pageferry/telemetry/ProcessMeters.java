package io.pageferry.telemetry;

import com.sun.management.OperatingSystemMXBean;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.pageferry.memory.PageGeometry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the process takes of its host, under the names that Prometheus' own clients use. */
final class ProcessMeters {
  private static final Path MEMORY = Path.of("/proc/self/statm");
  private static final double NANOS_PER_SECOND = 1e9;
  private static final double MILLIS_PER_SECOND = 1e3;

  private ProcessMeters() {}

  static void register(MeterRegistry registry) {
    var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    var runtime = ManagementFactory.getRuntimeMXBean();
    FunctionCounter.builder(
            "process.cpu", system, s -> Math.max(0, s.getProcessCpuTime()) / NANOS_PER_SECOND)
        .description("Processor time of the process, in user and kernel mode")
        .baseUnit("seconds")
        .register(registry);
    Gauge.builder("process.resident.memory", ProcessMeters::residentBytes)
        .description("Physical memory of the process, the guest's included")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("process.start.time", runtime, r -> r.getStartTime() / MILLIS_PER_SECOND)
        .description("When the process was started, since the epoch")
        .baseUnit("seconds")
        .register(registry);
  }

  private static double residentBytes() {
    try {
      return PageGeometry.bytes(Long.parseLong(Files.readString(MEMORY).split(" ", -1)[1]));
    } catch (IOException e) {
      throw new UncheckedIOException("Linux shows every process its memory.", e);
    }
  }
}
