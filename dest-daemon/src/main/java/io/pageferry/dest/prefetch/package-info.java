/**
 * Which pages are fetched along with one that a vCPU waits for: a {@link
 * io.pageferry.dest.prefetch.PrefetchPolicy} for each vCPU plans a {@link
 * io.pageferry.dest.prefetch.Prefetch} for each fault.
 */
@NullMarked
package io.pageferry.dest.prefetch;

import org.jspecify.annotations.NullMarked;
