/**
 * vCPUs without instructions, for sizes and rates that an interpreter cannot reach.
 *
 * <p>A {@link io.pageferry.guest.synthetic.SyntheticVcpu} reads and writes one page after another
 * and verifies what it reads. {@code PagePattern} chooses the pages: in order, uniformly, by a
 * Zipfian distribution ({@code PagePermutation} scatters its popular pages) or from a window that
 * moves. {@code SplitMix} makes the random numbers. The whole state of a vCPU is a few words,
 * whatever the size of its memory.
 */
@NullMarked
package io.pageferry.guest.synthetic;

import org.jspecify.annotations.NullMarked;
