package io.pageferry.cli.demo;

import io.pageferry.cli.view.Units;
import io.pageferry.client.StatusPair;
import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.PageCounts;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.PhaseEntry;
import io.pageferry.proto.v1.Status;
import java.util.List;
import java.util.Objects;

/**
 * What one run gave.
 *
 * @param options what was moved
 * @param source the source when the migration had ended
 * @param destination the destination at the same time
 * @param speeds how fast the guest was
 * @param guestCheck the guest's own verdict
 */
public record RunReport(
    DemoOptions options, Status source, Status destination, Speeds speeds, GuestCheck guestCheck) {
  /**
   * Instructions (accesses, for a synthetic guest) a second of all vCPUs together.
   *
   * @param before at the source
   * @param during from the migrate command to its end
   * @param after at the destination, complete
   */
  public record Speeds(double before, double during, double after) {}

  /**
   * The guest's verdict on itself.
   *
   * @param passed whether it found everything as it should be
   * @param exitCode how it ended; 0 for a guest that still runs
   * @param line what it said
   */
  public record GuestCheck(boolean passed, int exitCode, String line) {}

  /**
   * Something that must hold.
   *
   * @param name what
   * @param passed whether it does
   * @param detail the figures it was judged by
   */
  public record Check(String name, boolean passed, String detail) {}

  /** From the statuses of both, at the end. */
  static RunReport of(DemoOptions options, StatusPair end, Speeds speeds, GuestCheck guestCheck) {
    return new RunReport(
        options,
        Objects.requireNonNull(end.source()),
        Objects.requireNonNull(end.destination()),
        speeds,
        guestCheck);
  }

  /** The source's view. */
  MigrationStatus left() {
    return source.getMigration();
  }

  /** The destination's view. */
  MigrationStatus arrived() {
    return destination.getMigration();
  }

  /** Everything that must hold, in the order of the report. */
  public List<Check> checks() {
    return List.of(digests(), pagesAddUp(), allPresent(), oneCopy(), guest());
  }

  /** Whether everything agrees. */
  public boolean passed() {
    return checks().stream().allMatch(Check::passed);
  }

  /** From the last instruction at the source to the first at the destination, in nanoseconds. */
  long downtimeNanos() {
    return StatusPair.of(source, destination).downtimeNanos();
  }

  /** Bytes of page frames on both lanes a second, from switchover to the end. */
  double throughput() {
    double nanos = Math.max(1, left().getElapsedNanos() - at(Phase.PHASE_SWITCHOVER));
    return (arrived().getDemandBytes() + arrived().getDrainBytes()) / (nanos / 1e9);
  }

  private long at(Phase phase) {
    return left().getTimelineList().stream()
        .filter(entry -> entry.getPhase() == phase)
        .mapToLong(PhaseEntry::getAtNanos)
        .findFirst()
        .orElse(0);
  }

  private Check digests() {
    String here = left().getImageDigest();
    String there = arrived().getImageDigest();
    boolean equal = !here.isEmpty() && here.equals(there);
    return new Check(
        "digests equal",
        equal,
        equal ? here : "source " + orNone(here) + ", destination " + orNone(there));
  }

  private static String orNone(String digest) {
    return digest.isEmpty() ? "(none)" : digest;
  }

  private Check pagesAddUp() {
    PageCounts pages = arrived().getPages();
    long sum = pages.getDemand() + pages.getDrain() + pages.getZero();
    return new Check(
        "pages add up",
        sum == pages.getTotal() && sum * 4096 == options.memoryBytes(),
        "%,d + %,d + %,d = %,d of %,d"
            .formatted(
                pages.getDemand(), pages.getDrain(), pages.getZero(), sum, pages.getTotal()));
  }

  private Check allPresent() {
    PageCounts pages = arrived().getPages();
    return new Check(
        "every page present",
        pages.getPresent() == pages.getTotal() && arrived().getPhase() == Phase.PHASE_COMPLETED,
        "%,d at the destination, which says %s"
            .formatted(pages.getPresent(), Units.phase(arrived().getPhase())));
  }

  private Check oneCopy() {
    GuestState here = source.getGuest().getState();
    GuestState there = destination.getGuest().getState();
    return new Check(
        "one copy runs",
        here == GuestState.GUEST_STATE_HANDED_OVER && there == GuestState.GUEST_STATE_RUNNING,
        "source: %s, destination: %s".formatted(Units.state(here), Units.state(there)));
  }

  private Check guest() {
    return new Check("guest's own check", guestCheck.passed(), guestCheck.line());
  }
}
