/**
 * Page frames on the wire: {@code pageferry.v1.PageFrame}, marshalled by hand straight between
 * guest memory and Netty's buffers.
 *
 * <p>A frame leaves as an {@link io.pageferry.wire.OutgoingFrame} through {@link
 * io.pageferry.wire.OutgoingFrameMarshaller}, and its pages are installed by a {@link
 * io.pageferry.wire.PageSink} while {@link io.pageferry.wire.InstallingMarshaller} parses it. The
 * bytes are exactly those that the generated classes produce, so peers in other languages can use
 * those.
 */
@NullMarked
package io.pageferry.wire;

import org.jspecify.annotations.NullMarked;
