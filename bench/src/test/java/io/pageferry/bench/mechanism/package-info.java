/** Fault mechanisms compared on a small guest. */
@NullMarked
package io.pageferry.bench.mechanism;

import org.jspecify.annotations.NullMarked;
