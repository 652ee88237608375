/**
 * A process that keeps the userfaultfds of a pager's targets, so that they do not close when the
 * pager is killed: {@link io.pageferry.dest.guardian.Guardian}. The pager that comes next gets them
 * from there ({@link io.pageferry.dest.guardian.GuardianLink}); if none comes, the targets are
 * ended.
 */
@NullMarked
package io.pageferry.dest.guardian;

import org.jspecify.annotations.NullMarked;
