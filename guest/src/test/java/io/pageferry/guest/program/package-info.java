/** Tests of loaders and bundled programs. */
@NullMarked
package io.pageferry.guest.program;

import org.jspecify.annotations.NullMarked;
