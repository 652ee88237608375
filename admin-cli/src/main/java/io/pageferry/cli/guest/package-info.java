/** The commands about a guest where it is: {@code ferry guest}, and {@code ferry digest}. */
@NullMarked
package io.pageferry.cli.guest;

import org.jspecify.annotations.NullMarked;
