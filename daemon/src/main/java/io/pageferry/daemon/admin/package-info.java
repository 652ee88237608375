/**
 * What users ask of a daemon: {@link io.pageferry.daemon.admin.AdminService} translates the admin
 * contract to a {@link io.pageferry.daemon.admin.DaemonControl}, which {@link
 * io.pageferry.daemon.admin.GuestControl} carries out. What only the source's role can do comes
 * through {@link io.pageferry.daemon.admin.Departures}.
 */
@NullMarked
package io.pageferry.daemon.admin;

import org.jspecify.annotations.NullMarked;
