/**
 * Restores memory images in other processes. A {@link io.pageferry.dest.pager.Pager} takes their
 * memory over on a Unix socket; a {@link io.pageferry.dest.pager.Restore} is one process, from the
 * hand-over until every page is in place.
 */
@NullMarked
package io.pageferry.dest.pager;

import org.jspecify.annotations.NullMarked;
