/** Real migrations that train the caches of ahead-of-time work. */
@NullMarked
package io.pageferry.cli.training;

import org.jspecify.annotations.NullMarked;
