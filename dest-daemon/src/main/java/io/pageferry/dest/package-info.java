/**
 * The destination daemon: runs the guest from switchover on and brings its pages.
 *
 * <p>{@link io.pageferry.dest.IncomingMigration} is the order of events. One page's journey: {@code
 * FaultResolver} turns a userfault exit into a fetch, {@code UrgentLane} sends it and {@code Lane}
 * receives frames, {@code PageInstaller} puts their bytes in place and clears the bits, {@code
 * Acknowledgements} tell the source.
 */
@NullMarked
package io.pageferry.dest;

import org.jspecify.annotations.NullMarked;
