/** Tests of the package of this name. */
@NullMarked
package io.pageferry.cli.daemons;

import org.jspecify.annotations.NullMarked;
