/**
 * Processes of a benchmark, each with an owner that ends it. {@link
 * io.pageferry.bench.process.NativePrograms} compiles the C programs; {@link
 * io.pageferry.bench.process.BoundedProcess} runs one; {@code WarmPool} and {@code KeepAwake} make
 * memory and processors equally ready for both sides.
 */
@NullMarked
package io.pageferry.bench.process;

import org.jspecify.annotations.NullMarked;
