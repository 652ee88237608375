package io.pageferry.migration;

import java.util.Set;

/** Where a migration stands. The words are QEMU's; {@link #mayBecome} is the state diagram. */
public enum Phase {
  /** Destination: ready for a migration. */
  LISTENING,
  /** Destination: prepared; the guest's state is not here or not committed. */
  ADVISED,
  /** Source: preflight checks, the destination prepares, lanes connect; the guest runs here. */
  SETUP,
  /** Source: memory is copied while the guest runs here. */
  PRECOPY,
  /** Source: the guest is paused, its state is handed over. */
  SWITCHOVER,
  /** The guest runs at the destination; its memory follows. */
  POSTCOPY_ACTIVE,
  /** A lane or the peer is lost after switchover. */
  POSTCOPY_PAUSED,
  /** Lanes are connected again; the peers agree on what is missing. */
  RECOVERING,
  /** Every page is present at the destination and released at the source. */
  COMPLETED,
  /** Ended before switchover on request; the guest stays at the source. */
  CANCELLED,
  /**
   * Ended by an error before switchover, and then the guest stays at the source; or after it by a
   * forced unload, and then the guest or pages of it are lost.
   */
  FAILED;

  /** Whether a migration in this phase is over. */
  public boolean isTerminal() {
    return this == COMPLETED || this == CANCELLED || this == FAILED;
  }

  /** Whether the destination owns the guest in this phase. */
  public boolean isAfterSwitchover() {
    return this == POSTCOPY_ACTIVE
        || this == POSTCOPY_PAUSED
        || this == RECOVERING
        || this == COMPLETED;
  }

  /** Whether {@code next} may follow this phase. */
  public boolean mayBecome(Phase next) {
    return successors().contains(next);
  }

  private Set<Phase> successors() {
    return switch (this) {
      case LISTENING -> Set.of(ADVISED);
      case ADVISED -> Set.of(POSTCOPY_ACTIVE, CANCELLED, FAILED);
      case SETUP -> Set.of(PRECOPY, SWITCHOVER, CANCELLED, FAILED);
      case PRECOPY -> Set.of(SWITCHOVER, CANCELLED, FAILED);
      case SWITCHOVER -> Set.of(POSTCOPY_ACTIVE, POSTCOPY_PAUSED, CANCELLED, FAILED);
      case POSTCOPY_ACTIVE -> Set.of(POSTCOPY_PAUSED, COMPLETED, FAILED);
      case POSTCOPY_PAUSED -> Set.of(RECOVERING, POSTCOPY_ACTIVE, COMPLETED, FAILED);
      case RECOVERING -> Set.of(POSTCOPY_ACTIVE, POSTCOPY_PAUSED, FAILED);
      case COMPLETED, CANCELLED, FAILED -> Set.of();
    };
  }
}
