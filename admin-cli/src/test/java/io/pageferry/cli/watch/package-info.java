/** Tests of the live view. */
@NullMarked
package io.pageferry.cli.watch;

import org.jspecify.annotations.NullMarked;
