import java.io.*;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.*;
import org.junit.platform.launcher.listeners.*;

public class RunTests {
  public static void main(String[] a) {
    var b = LauncherDiscoveryRequestBuilder.request();
    for (var c : a) b.selectors(DiscoverySelectors.selectClass("io.pageferry.guest." + c));
    var l = new SummaryGeneratingListener();
    LauncherFactory.create().execute(b.build(), l);
    l.getSummary().printFailuresTo(new PrintWriter(System.out), 12);
    var s = l.getSummary();
    System.out.println(
        "OK "
            + s.getTestsSucceededCount()
            + " FAILED "
            + s.getTestsFailedCount()
            + " in "
            + (s.getTimeFinished() - s.getTimeStarted())
            + " ms");
    System.exit(0);
  }
}
