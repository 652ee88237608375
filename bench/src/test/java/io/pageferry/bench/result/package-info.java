/** Tests of the package of this name, with what they share. */
@NullMarked
package io.pageferry.bench.result;

import org.jspecify.annotations.NullMarked;
