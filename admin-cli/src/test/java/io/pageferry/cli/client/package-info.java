/** Tests of the package of this name. */
@NullMarked
package io.pageferry.cli.client;

import org.jspecify.annotations.NullMarked;
