/**
 * Pages that are not here yet: which they are, and what stops an access to one of them.
 *
 * <p>These are two facts. {@link io.pageferry.fault.PageStates} says whether a page is missing,
 * claimed or present. A {@link io.pageferry.fault.FaultMechanism} stops accesses to a page, and
 * lets them go on. Whoever installs a page makes it present first, and then lifts the trap.
 *
 * <p>Read in this order: {@code PageStates}, {@code FaultMechanism}, {@code SlotPages}, {@code
 * GuestPages}; then a mechanism of the package below.
 */
@NullMarked
package io.pageferry.fault;

import org.jspecify.annotations.NullMarked;
