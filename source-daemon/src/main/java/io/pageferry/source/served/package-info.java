/**
 * Memory images that are served without a machine: a file ({@link
 * io.pageferry.source.served.ServedImage}), and one {@link
 * io.pageferry.source.served.ServedDelivery} for each receiver.
 */
@NullMarked
package io.pageferry.source.served;

import org.jspecify.annotations.NullMarked;
