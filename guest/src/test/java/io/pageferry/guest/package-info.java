/** Tests of the emulated machine. */
@NullMarked
package io.pageferry.guest;

import org.jspecify.annotations.NullMarked;
