/** Tests of the package of this name, with what they share. */
@NullMarked
package io.pageferry.bench.process;

import org.jspecify.annotations.NullMarked;
