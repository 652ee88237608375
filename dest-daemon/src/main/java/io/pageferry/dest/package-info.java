/**
 * The destination daemon: runs the guest from switchover on and brings its pages.
 *
 * <p>{@link io.pageferry.dest.IncomingMigration} is the order of events. The packages below it
 * stand in this order, each knowing only those before it: {@code prefetch}, {@code timing}, {@code
 * fault}, {@code install}, {@code link}. One page's journey is in {@code docs/design.md}.
 */
@NullMarked
package io.pageferry.dest;

import org.jspecify.annotations.NullMarked;
