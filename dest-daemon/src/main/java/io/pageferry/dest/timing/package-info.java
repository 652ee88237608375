/**
 * How long faults take: each {@link io.pageferry.dest.timing.Fault} with its parts goes into {@link
 * io.pageferry.dest.timing.FaultTimings}, which keeps distributions and the slowest ones. What is
 * measured of the switchover is {@link io.pageferry.dest.timing.Resumption}.
 */
@NullMarked
package io.pageferry.dest.timing;

import org.jspecify.annotations.NullMarked;
