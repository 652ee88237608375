/** Tests of the archive, as it was packaged. */
@NullMarked
package io.pageferry.dist;

import org.jspecify.annotations.NullMarked;
