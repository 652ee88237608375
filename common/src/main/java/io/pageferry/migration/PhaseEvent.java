package io.pageferry.migration;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** One change of a migration's phase, for JDK Flight Recorder; on in every recording. */
@Name("pageferry.Phase")
@Label("Migration Phase")
@Category("PageFerry")
@Description("A migration has entered a phase at this daemon")
@StackTrace(false)
final class PhaseEvent extends Event {
  @Label("Phase")
  @Description("The phase entered")
  String phase = "";

  @Label("Previous")
  @Description("The phase left; empty at the migration's start")
  String previous = "";

  @Label("Previous Lasted")
  @Description("Time spent in the phase left")
  @Timespan(Timespan.NANOSECONDS)
  long previousLasted;

  @Label("Reason")
  @Description("Error code and sentence of a phase that has a reason; else empty")
  String reason = "";

  @Label("Migration")
  @Description("Id of the migration, the same at both daemons")
  String migration = "";

  @Label("Epoch")
  long epoch;
}
