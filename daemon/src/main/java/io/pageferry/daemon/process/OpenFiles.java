package io.pageferry.daemon.process;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Optional;

/**
 * Whether this process may open as many files as a daemon needs. Event loops, connections and lanes
 * are files to Linux: one that cannot be opened in the middle of a migration would end it.
 * Stateless; any thread.
 */
final class OpenFiles {
  /** Event loops, the lanes of 64 vCPUs, clients, and the rehearsal beside them. */
  static final long NEEDED = 1024;

  private OpenFiles() {}

  /** Why the limit is too low for a daemon, or empty where it is not. */
  static Optional<String> shortage() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
        ? shortage(system.getMaxFileDescriptorCount())
        : Optional.empty();
  }

  static Optional<String> shortage(long limit) {
    return limit >= NEEDED || limit < 0
        ? Optional.empty()
        : Optional.of(
            "A daemon needs %d open files, but its limit is %d: raise that with 'ulimit -n %d', LimitNOFILE of its unit or --ulimit of its container."
                .formatted(NEEDED, limit, NEEDED));
  }
}
