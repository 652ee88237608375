/**
 * QEMU's own post-copy, which PageFerry is compared with. {@link
 * io.pageferry.bench.qemu.QemuMigration} moves a guest between two QEMUs and returns a {@link
 * io.pageferry.bench.result.Run}, or throws a {@link io.pageferry.client.FerryException} if
 * anything did not work, memory that came out wrong included. Every process that is started here
 * has ended when the method that needed it returns.
 */
@NullMarked
package io.pageferry.bench.qemu;

import org.jspecify.annotations.NullMarked;
