package io.pageferry.bench.mechanism;

import io.pageferry.proto.v1.Distribution;
import io.pageferry.proto.v1.FaultLatency;

/**
 * What one run of a cell gave.
 *
 * @param faults faults that ended while it was measured
 * @param seconds how long that was
 * @param latency of the faults, whole and in parts
 * @param processorSeconds of all processes, the vCPUs' own work included
 * @param delay how long answers were held back; without a count if they were not
 */
record CellResult(
    Cell cell,
    long faults,
    double seconds,
    FaultLatency latency,
    double processorSeconds,
    Distribution delay) {
  double faultsPerSecond() {
    return faults / seconds;
  }

  double processorMicrosPerFault() {
    return processorSeconds * 1e6 / Math.max(1, faults);
  }
}
