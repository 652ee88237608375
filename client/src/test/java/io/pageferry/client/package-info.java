/** Tests of the package of this name. */
@NullMarked
package io.pageferry.client;

import org.jspecify.annotations.NullMarked;
