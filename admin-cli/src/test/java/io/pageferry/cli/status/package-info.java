/** Tests of the package of this name. */
@NullMarked
package io.pageferry.cli.status;

import org.jspecify.annotations.NullMarked;
