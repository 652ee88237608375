/**
 * A sitting: every comparison, interleaved, in one go. {@link
 * io.pageferry.bench.sitting.BenchCommand} is {@code ./ferry bench}; {@link
 * io.pageferry.bench.sitting.Sitting} is the order of events; {@link
 * io.pageferry.bench.sitting.Bars} holds what was measured against what was promised.
 */
@NullMarked
package io.pageferry.bench.sitting;

import org.jspecify.annotations.NullMarked;
