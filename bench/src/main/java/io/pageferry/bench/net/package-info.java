/**
 * Links that benchmarks and tests run over. {@link io.pageferry.bench.net.Forwarder} delays and
 * limits what crosses it, needs no rights and can be cut; {@link io.pageferry.bench.net.Namespaces}
 * are two hosts of the kernel's own, for root.
 */
@NullMarked
package io.pageferry.bench.net;

import org.jspecify.annotations.NullMarked;
