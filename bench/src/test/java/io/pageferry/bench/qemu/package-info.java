/** Tests of the package of this name, with what they share. */
@NullMarked
package io.pageferry.bench.qemu;

import org.jspecify.annotations.NullMarked;
