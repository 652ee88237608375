/**
 * The memory of another process whose pages come from here. {@link
 * io.pageferry.dest.target.TargetMemory} puts pages in place through its userfaultfd, {@link
 * io.pageferry.dest.target.TargetMechanism} is that as a fault mechanism of a slot, and {@link
 * io.pageferry.dest.target.FaultReactor} is the thread that takes its faults.
 */
@NullMarked
package io.pageferry.dest.target;

import org.jspecify.annotations.NullMarked;
