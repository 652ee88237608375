package io.pageferry.bench.fault;

import com.sun.management.ThreadMXBean;
import io.pageferry.proto.v1.MigrationStatus;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What the faults of an iteration took; JMH prints each public method. A thread's allocations are
 * those that the JVM counts for it. Used by the benchmark's thread.
 */
@AuxCounters(AuxCounters.Type.EVENTS)
@State(Scope.Thread)
public class FaultCosts {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final double NANOS_PER_SECOND = 1e9;
  private static final double NANOS_PER_MICRO = 1e3;

  private Map<String, Long> bytesBefore = Map.of();
  private long faultsBefore;
  private long nanosBefore;
  private double faults;
  private double seconds;
  private double vcpuBytes;
  private double serveBytes;
  private double p50Nanos;

  void begin(MigrationStatus status) {
    faultsBefore = status.getFaults();
    bytesBefore = bytesByThread();
    nanosBefore = System.nanoTime();
  }

  void end(MigrationStatus status) {
    Map<String, Long> bytesAfter = bytesByThread();
    seconds = (System.nanoTime() - nanosBefore) / NANOS_PER_SECOND;
    faults = status.getFaults() - faultsBefore;
    vcpuBytes = busiest("vcpu-", bytesAfter);
    serveBytes = busiest("serve-", bytesAfter);
    p50Nanos = status.getFaultLatency().getTotal().getP50();
  }

  /** Of every platform thread, by name and id. */
  private static Map<String, Long> bytesByThread() {
    Map<String, Long> bytes = new HashMap<>();
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      long allocated = THREADS.getThreadAllocatedBytes(thread.threadId());
      bytes.put(thread.getName() + " " + thread.threadId(), allocated);
    }
    return bytes;
  }

  /**
   * Of the threads whose names begin so, both daemons have some; the one that serves the faults, or
   * makes them, allocates most.
   */
  private long busiest(String prefix, Map<String, Long> bytesAfter) {
    return bytesAfter.entrySet().stream()
        .filter(after -> after.getKey().startsWith(prefix))
        .mapToLong(after -> after.getValue() - bytesBefore.getOrDefault(after.getKey(), 0L))
        .max()
        .orElseThrow();
  }

  /** Faults, of which a page that arrived unasked for takes none. */
  public double faults() {
    return faults;
  }

  /** Faults in a second. */
  public double faultsPerSecond() {
    return faults / seconds;
  }

  /** Median latency of a fault, in microseconds. */
  public double p50Micros() {
    return p50Nanos / NANOS_PER_MICRO;
  }

  /** Bytes that the vCPU's thread allocates in a fault; it also sends, receives and installs. */
  public double vcpuBytesPerFault() {
    return vcpuBytes / faults;
  }

  /** Bytes that the source's event loop of the demand lane allocates in a fault. */
  public double serveBytesPerFault() {
    return serveBytes / faults;
  }
}
