/**
 * How another process hands its memory over: a message on a Unix socket with the regions of the
 * memory ({@link io.pageferry.dest.handover.RegionList}) and its userfaultfd. {@link
 * io.pageferry.dest.handover.HandOverReceiver} takes it, and refuses what cannot be right.
 */
@NullMarked
package io.pageferry.dest.handover;

import org.jspecify.annotations.NullMarked;
