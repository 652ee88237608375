package io.pageferry.dest;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/**
 * One fault with its parts, for JDK Flight Recorder; off unless a recording asks for it ({@code
 * pageferry.Fault#enabled=true}). The event's own time is its end.
 */
@Name("pageferry.Fault")
@Label("Userfault")
@Category("PageFerry")
@Description("A vCPU's userfault, from exit to re-entry")
@Enabled(false)
@StackTrace(false)
final class FaultEvent extends Event {
  @Label("vCPU")
  int vcpu;

  @Label("Guest Frame Number")
  long frame;

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
}
