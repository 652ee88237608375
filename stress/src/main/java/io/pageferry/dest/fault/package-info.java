/** Tests of what the package keeps to itself. */
@NullMarked
package io.pageferry.dest.fault;

import org.jspecify.annotations.NullMarked;
