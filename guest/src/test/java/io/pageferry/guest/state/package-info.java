/** Tests of the package of this name. */
@NullMarked
package io.pageferry.guest.state;

import org.jspecify.annotations.NullMarked;
