/** Tests of the command line. */
@NullMarked
package io.pageferry.cli;

import org.jspecify.annotations.NullMarked;
