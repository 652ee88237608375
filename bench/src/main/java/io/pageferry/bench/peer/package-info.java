/**
 * What PageFerry is compared with: a remote pager, a stream and a ping-pong in C, and QEMU's own
 * post-copy.
 *
 * <p>{@link io.pageferry.bench.peer.NativePrograms} compiles the programs; {@link
 * io.pageferry.bench.peer.Pager}, {@link io.pageferry.bench.peer.Stream} and {@link
 * io.pageferry.bench.peer.PingPong} run one each, on the {@link io.pageferry.bench.peer.Route} that
 * they are given; {@link io.pageferry.bench.peer.QemuMigration} moves a guest between two QEMUs.
 * Each returns a {@link io.pageferry.bench.report.Run}, or throws a {@link
 * io.pageferry.cli.client.FerryException} if anything did not work, memory that came out wrong
 * included.
 *
 * <p>Every process that is started here has ended when the method that needed it returns, or when
 * the object that stands for it is closed.
 */
@NullMarked
package io.pageferry.bench.peer;

import org.jspecify.annotations.NullMarked;
