/**
 * What one run of a benchmark found, and what several runs together say. A {@link
 * io.pageferry.bench.result.Run} has figures and curves; a {@link io.pageferry.bench.result.Spread}
 * is a median with the least and the most; a {@link io.pageferry.bench.result.Bar} is a promise and
 * what came of it.
 */
@NullMarked
package io.pageferry.bench.result;

import org.jspecify.annotations.NullMarked;
