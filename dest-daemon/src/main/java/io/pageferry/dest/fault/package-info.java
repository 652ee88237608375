/**
 * A vCPU's fault, from its exit until it goes on: {@link io.pageferry.dest.fault.FaultResolver}
 * asks for the page ({@link io.pageferry.dest.fault.RequestedPages}) on a {@link
 * io.pageferry.dest.fault.PageFetcher}, and {@link io.pageferry.dest.fault.FaultWaiters} knows who
 * is to be woken when it is there. A device cannot exit: {@link
 * io.pageferry.dest.fault.DeviceFaults} waits in its place.
 */
@NullMarked
package io.pageferry.dest.fault;

import org.jspecify.annotations.NullMarked;
