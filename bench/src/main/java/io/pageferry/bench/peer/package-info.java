/**
 * What PageFerry is compared with, besides QEMU: a remote pager, a stream and a ping-pong in C.
 *
 * <p>{@link io.pageferry.bench.peer.Pager}, {@link io.pageferry.bench.peer.Stream} and {@link
 * io.pageferry.bench.peer.PingPong} run one each, on the {@link io.pageferry.bench.peer.Route} that
 * they are given. Each returns a {@link io.pageferry.bench.result.Run}, or throws a {@link
 * io.pageferry.client.FerryException} if anything did not work, memory that came out wrong
 * included.
 *
 * <p>Every process that is started here has ended when the method that needed it returns, or when
 * the object that stands for it is closed.
 */
@NullMarked
package io.pageferry.bench.peer;

import org.jspecify.annotations.NullMarked;
