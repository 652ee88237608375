/**
 * {@code ferry watch}, the live view of a migration. {@link io.pageferry.cli.watch.WatchHistory}
 * remembers what both daemons said, {@link io.pageferry.cli.watch.WatchFrame} is what it knows at
 * one moment, and {@link io.pageferry.cli.watch.WatchView} makes a picture of that for a screen of
 * any size. None of these reads a clock, prints, or talks to a daemon. {@link
 * io.pageferry.cli.watch.WatchCommand} does, with {@code StatusFeed} and {@code WatchDisplay}.
 */
@NullMarked
package io.pageferry.cli.watch;

import org.jspecify.annotations.NullMarked;
