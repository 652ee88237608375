package io.pageferry.migration;

import java.util.UUID;

/**
 * Names one migration of one guest.
 *
 * @param migrationId chosen by the source when the migration starts
 * @param guestId given when the guest was loaded
 * @param epoch fencing epoch; whoever holds an older one never runs the guest again
 */
public record MigrationKey(UUID migrationId, UUID guestId, long epoch) {}
