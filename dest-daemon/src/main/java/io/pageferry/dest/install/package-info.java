/**
 * Pages put in place: {@link io.pageferry.dest.install.PageInstaller} takes what lanes bring, and
 * notes it in {@link io.pageferry.dest.install.Acknowledgements}. Before the guest runs, {@link
 * io.pageferry.dest.install.MemoryPopulation} gets it physical memory, {@link
 * io.pageferry.dest.install.PageMap} says which pages are zero, and {@link
 * io.pageferry.dest.install.FirstPages} come with its state.
 */
@NullMarked
package io.pageferry.dest.install;

import org.jspecify.annotations.NullMarked;
