/**
 * What both daemons share: {@link io.pageferry.daemon.HostedGuest} keeps a guest and its fence, and
 * {@link io.pageferry.daemon.AdminService} translates the admin contract to a {@link
 * io.pageferry.daemon.DaemonControl}, of which each daemon has its own.
 */
@NullMarked
package io.pageferry.daemon;

import org.jspecify.annotations.NullMarked;
