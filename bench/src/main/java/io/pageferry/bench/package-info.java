/**
 * JMH benchmarks. {@link io.pageferry.bench.GuestBenchmarks} runs those of the emulated machine.
 */
@NullMarked
package io.pageferry.bench;

import org.jspecify.annotations.NullMarked;
