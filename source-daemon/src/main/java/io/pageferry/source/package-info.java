/**
 * The source daemon: runs the guest until switchover, then serves and drains its pages and forgets
 * each one when it is acknowledged.
 *
 * <p>Read {@link io.pageferry.source.SourceMigration} for the order of events, {@code DemandLane}
 * and {@code DrainLane} for how a page leaves, {@code PageLedger} for what is known of each page.
 */
@NullMarked
package io.pageferry.source;

import org.jspecify.annotations.NullMarked;
