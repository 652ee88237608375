/**
 * The connections to the source: a {@link io.pageferry.dest.link.Session} is one set of lanes, a
 * {@link io.pageferry.dest.link.DemandLane} for each thread that waits for pages and the drain
 * lane.
 */
@NullMarked
package io.pageferry.dest.link;

import org.jspecify.annotations.NullMarked;
