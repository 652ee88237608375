/**
 * The source daemon: runs the guest until switchover, then serves and drains its pages and forgets
 * each one when it is acknowledged.
 *
 * <p>Read {@link io.pageferry.source.handover.SourceMigration} for the order of events, {@code
 * serve.DemandLane} and {@code serve.DrainLane} for how a page leaves, {@link
 * io.pageferry.source.image.Delivery} for what is known of each page.
 */
@NullMarked
package io.pageferry.source;

import org.jspecify.annotations.NullMarked;
