/** Tests of the package of this name. */
@NullMarked
package io.pageferry.guest.device;

import org.jspecify.annotations.NullMarked;
