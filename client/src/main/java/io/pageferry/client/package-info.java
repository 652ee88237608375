/**
 * Asking a daemon. {@link io.pageferry.client.AdminClient} calls one daemon's admin service; {@link
 * io.pageferry.client.GuestChoice} finds the guest that a command means. Whatever goes wrong is a
 * {@link io.pageferry.client.FerryException}: one sentence and an exit code.
 */
@NullMarked
package io.pageferry.client;

import org.jspecify.annotations.NullMarked;
