/**
 * Page frames on the wire: {@code pageferry.v1.PageFrame}, marshalled by hand straight between
 * guest memory and Netty's buffers.
 *
 * <p>A frame leaves as an {@link io.pageferry.wire.OutgoingFrame} through {@link
 * io.pageferry.wire.OutgoingFrameMarshaller}, and arrives through {@link
 * io.pageferry.wire.IncomingFrameMarshaller} at a {@link io.pageferry.wire.PageSink}. The bytes are
 * exactly those that the generated classes produce, so peers in other languages can use those.
 */
@NullMarked
package io.pageferry.wire;

import org.jspecify.annotations.NullMarked;
