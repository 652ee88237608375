/** Tests of the package of this name. */
@NullMarked
package io.pageferry.cli.guest;

import org.jspecify.annotations.NullMarked;
