/** Tests of the package of this name, with what they share. */
@NullMarked
package io.pageferry.guest.machine;

import org.jspecify.annotations.NullMarked;
