/** Tests of the package of this name. */
@NullMarked
package io.pageferry.cli.migrate;

import org.jspecify.annotations.NullMarked;
