package io.pageferry.daemon.guest;

import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.PhaseTracker;
import io.pageferry.proto.v1.MigrationStatus;
import java.time.Duration;
import java.util.Optional;

/** What is left of a migration whose guest is unloaded: how it ended, and no guest. Immutable. */
record PastMigration(MigrationKey key, PhaseTracker tracker, String peer, MigrationStatus status)
    implements GuestMigration {
  /** What is left of {@code migration}, which has ended. */
  static PastMigration of(GuestMigration migration) {
    return new PastMigration(
        migration.key(), migration.tracker(), migration.peer(), migration.status());
  }

  @Override
  public long residentBytes() {
    return 0;
  }

  @Override
  public int bitmaps() {
    return 0;
  }

  @Override
  public PageFerryException unloadRefusal() {
    throw new IllegalStateException("What has ended keeps nobody from unloading.");
  }

  @Override
  public Optional<String> discard() {
    return Optional.empty();
  }

  @Override
  public Optional<String> loss() {
    return Optional.empty();
  }

  @Override
  public void finish(Duration grace) {}

  @Override
  public void close() {}
}
