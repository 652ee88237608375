package io.pageferry.dest.pager;

import io.pageferry.config.HostPort;
import io.pageferry.dest.prefetch.PrefetchPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * Settings of a pager.
 *
 * @param source where the image is served
 * @param image its name; empty for the only one
 * @param socket where memory is handed over
 * @param users whose processes may hand over, besides root
 * @param prefetch what is fetched ahead of need
 * @param drainAfter how long after a hand-over the drain starts
 * @param maxRestores most processes whose pages are missing at a time
 * @param rehearsal how long the pager warms up before it listens
 * @param guardian the command that starts a guardian at {@link #guardianSocket}; empty for none
 */
public record PagerConfig(
    HostPort source,
    String image,
    Path socket,
    Set<Integer> users,
    PrefetchPolicy.Kind prefetch,
    Duration drainAfter,
    int maxRestores,
    Duration rehearsal,
    List<String> guardian) {
  /** The longest delay. */
  private static final Duration LONGEST_DELAY = Duration.ofHours(1);

  /** Checks ranges. */
  public PagerConfig {
    users = Set.copyOf(users);
    guardian = List.copyOf(guardian);
    if (maxRestores < 1 || maxRestores > 1000) {
      throw new IllegalArgumentException("--max-restores must be 1 to 1000.");
    }
    if (rehearsal.isNegative() || rehearsal.compareTo(Duration.ofSeconds(10)) > 0) {
      throw new IllegalArgumentException("--rehearsal must be 0s to 10s.");
    }
    if (drainAfter.isNegative() || drainAfter.compareTo(LONGEST_DELAY) > 0) {
      throw new IllegalArgumentException("--drain-after must be 0s to 1h.");
    }
  }

  /** Where the guardian of the pager at a socket listens. */
  public static Path guardianSocket(Path socket) {
    return Path.of(socket + ".guard");
  }
}
