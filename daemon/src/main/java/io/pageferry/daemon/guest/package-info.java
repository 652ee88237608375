/**
 * The guests of a daemon. {@link io.pageferry.daemon.guest.GuestRegistry} is the list of them and
 * the room for more; a {@link io.pageferry.daemon.guest.GuestEntry} is one guest with its lock, a
 * {@link io.pageferry.daemon.guest.HostedGuest} its machine, memory and fence, and a {@link
 * io.pageferry.daemon.guest.GuestMigration} what brings it or takes it away.
 */
@NullMarked
package io.pageferry.daemon.guest;

import org.jspecify.annotations.NullMarked;
