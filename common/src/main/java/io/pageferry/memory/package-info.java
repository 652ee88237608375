/**
 * Guest memory and the bitmaps that describe it.
 *
 * <p>A {@link io.pageferry.memory.GuestMemory} owns one or more {@link
 * io.pageferry.memory.MemorySlot}s of off-heap memory. Each slot knows which of its pages may hold
 * something else than zeros (its <em>written</em> bitmap) and, at a migration's destination, at
 * which pages a vCPU stops (its {@link io.pageferry.memory.UserfaultBitmap}).
 *
 * <p>Read in this order: {@code PageGeometry}, {@code PageBitmap}, {@code UserfaultBitmap}, {@code
 * MemorySlot}, {@code GuestMemory}. All native code is behind {@code LinuxMemory}. Nothing here
 * knows of networks.
 */
@NullMarked
package io.pageferry.memory;

import org.jspecify.annotations.NullMarked;
