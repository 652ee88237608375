package io.pageferry.bench.result;

/** A quantity that a run measures, with its unit. */
public enum Figure {
  /** From the migrate command until the last page is in place and the source is released. */
  TOTAL_MILLIS("total time", "ms"),
  /** From the migrate command until the guest stops at the source. */
  SETUP_MILLIS("set-up", "ms"),
  /** From the last instruction at the source to the first at the destination. */
  DOWNTIME_MILLIS("downtime", "ms"),
  /**
   * The part of the downtime until the source knows that the vCPUs are entered, which is where
   * QEMU's ends.
   */
  RESUMED_MILLIS("of that, until the vCPUs are entered", "ms"),
  /** Time that vCPUs spent between a fault's exit and re-entry. */
  BLOCKTIME_MILLIS("blocktime", "ms"),
  /** Faults, or requests for a page, that left for the source. */
  FAULTS("faults", ""),
  /** Median of the stalls that the guest saw itself, of 5 µs or more. */
  STALL_P50_MICROS("guest stall p50", "µs"),
  /** 99th percentile of the stalls that the guest saw itself. */
  STALL_P99_MICROS("guest stall p99", "µs"),
  /** Median of a fault, exit to re-entry. */
  FAULT_P50_MICROS("fault p50", "µs"),
  /** 99th percentile of a fault. */
  FAULT_P99_MICROS("fault p99", "µs"),
  /** Pages brought by faults a second. */
  FAULTS_PER_SECOND("faults a second", "1/s"),
  /** Median of a small request and 4 KiB back, with nothing to do in between. */
  ROUND_TRIP_P50_MICROS("round trip p50", "µs"),
  /** 99th percentile of such a round trip. */
  ROUND_TRIP_P99_MICROS("round trip p99", "µs"),
  /** Pages that came with a fault's page and that nobody waited for. */
  PREFETCHED("prefetched pages", ""),
  /** Share of the prefetched pages that the guest touched before the migration was over. */
  PREFETCH_HIT_SHARE("prefetch hits", "%"),
  /** Page touches that the guest got done between switchover and completion. */
  TOUCHES("touches during post-copy", ""),
  /** Touches a second before the migration. */
  TOUCHES_PER_SECOND("touches a second before", "1/s"),
  /** Page bytes a second, from switchover to the last page. */
  THROUGHPUT_MIB("throughput", "MiB/s"),
  /** Processor time of both processes, vCPUs left out, for each GiB moved. */
  CPU_SECONDS_PER_GIB("CPU time per GiB", "s"),
  /** Resident memory of the source's process beyond the guest's own. */
  SOURCE_RESIDENT_MIB("resident beyond the guest, source", "MiB"),
  /** Resident memory of the destination's process beyond the guest's own. */
  DESTINATION_RESIDENT_MIB("resident beyond the guest, destination", "MiB"),
  /** Longest time that a garbage collection stopped a daemon during the run. */
  LONGEST_PAUSE_MILLIS("longest collection pause", "ms");

  private final String title;
  private final String unit;

  Figure(String title, String unit) {
    this.title = title;
    this.unit = unit;
  }

  /** What it is called in reports. */
  public String title() {
    return title;
  }

  /** Its unit as it is printed; empty for a count. */
  public String unit() {
    return unit;
  }
}
