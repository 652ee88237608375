/**
 * What commands write: text or {@link io.pageferry.cli.output.Json}, to {@link
 * io.pageferry.cli.output.StandardOutput}, for a {@link io.pageferry.cli.output.Terminal} or not.
 */
@NullMarked
package io.pageferry.cli.output;

import org.jspecify.annotations.NullMarked;
