package io.pageferry.dest.timing;

import io.pageferry.memory.PageGeometry;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.MemoryAddress;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;
import jdk.jfr.Throttle;
import jdk.jfr.Timespan;
import jdk.jfr.Unsigned;

/**
 * One fault with its parts, for JDK Flight Recorder; off unless a recording asks for it ({@code
 * pageferry.Fault#enabled=true}). It spans the fault. A recording takes less of them by a {@code
 * threshold} (slow ones only) or a {@code throttle} (a sample of so many in a time).
 */
@Name("pageferry.Fault")
@Label("Userfault")
@Category("PageFerry")
@Description("A vCPU's userfault, from exit to re-entry")
@Enabled(false)
@Threshold("0 ns")
@Throttle("off")
@StackTrace(false)
final class FaultEvent extends Event {
  @Label("vCPU")
  int vcpu;

  @Label("Guest Frame Number")
  @Unsigned
  long frame;

  @Label("Guest Physical Address")
  @Description("Of the access")
  @MemoryAddress
  long address;

  @Label("Origin")
  @Description(
      "What brought the page: FETCH, PREFETCH, DRAIN; UNKNOWN if it came too early to tell")
  String origin = "";

  @Label("Queue")
  @Description("From the exit until the request was written to the connection")
  @Timespan(Timespan.NANOSECONDS)
  long queue;

  @Label("Wire")
  @Description("From there until the answer began to be parsed")
  @Timespan(Timespan.NANOSECONDS)
  long wire;

  @Label("Install")
  @Description("From there until the bytes were in place")
  @Timespan(Timespan.NANOSECONDS)
  long install;

  @Label("Resume")
  @Description("From there to the vCPU's re-entry")
  @Timespan(Timespan.NANOSECONDS)
  long resume;

  /** Ends with a fault, and is recorded if the recording's settings take it. */
  void commit(Fault fault) {
    end();
    if (!shouldCommit()) {
      return;
    }
    vcpu = fault.vcpu();
    frame = PageGeometry.pages(fault.address());
    address = fault.address();
    origin =
        switch (fault.origin()) {
          case PAGE_ORIGIN_FETCH -> "FETCH";
          case PAGE_ORIGIN_PREFETCH -> "PREFETCH";
          case PAGE_ORIGIN_DRAIN -> "DRAIN";
          case PAGE_ORIGIN_UNSPECIFIED, UNRECOGNIZED -> "UNKNOWN";
        };
    queue = fault.queueNanos();
    wire = fault.wireNanos();
    install = fault.installNanos();
    resume = fault.resumeNanos();
    commit();
  }
}
