package io.pageferry.source.handover;

import io.pageferry.migration.MigrationKey;

/**
 * What a migration is to do.
 *
 * @param key names it, and is the token of its lanes
 * @param destination {@code host:port} of the daemon that takes the guest
 * @param pageServiceAddress {@code host:port} where that daemon finds the lanes
 * @param maxBytesInFlight cap on page bytes sent and not acknowledged
 * @param drainAfterMillis how long after switchover pages come on demand only
 * @param faultMechanism what is to stop accesses to missing pages; empty for the destination's
 *     choice
 * @param answerDelayNanos how long the answer to each fetch is held back
 */
public record MigrationPlan(
    MigrationKey key,
    String destination,
    String pageServiceAddress,
    long maxBytesInFlight,
    long drainAfterMillis,
    String faultMechanism,
    long answerDelayNanos) {}
