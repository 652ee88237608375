/**
 * The frozen guest, and who has how much of it.
 *
 * <ol>
 *   <li>{@link io.pageferry.source.image.FrozenImage} is what stands still: the guest's bytes, and
 *       which pages hold something. It gives pages back to the operating system once every receiver
 *       has them.
 *   <li>{@link io.pageferry.source.image.Delivery} is one receiver's part: which pages were sent,
 *       which are acknowledged, and the digest of what was sent.
 *   <li>{@code DrainOrder} says which pages a delivery's drain sends next.
 * </ol>
 *
 * <p>Knows nothing of connections.
 */
@NullMarked
package io.pageferry.source.image;

import org.jspecify.annotations.NullMarked;
