/**
 * Asking a daemon. {@link io.pageferry.cli.client.AdminClient} calls one daemon's admin service;
 * {@link io.pageferry.cli.client.GuestChoice} finds the guest that a command means. Whatever goes
 * wrong is a {@link io.pageferry.cli.client.FerryException}: one sentence and an exit code.
 */
@NullMarked
package io.pageferry.cli.client;

import org.jspecify.annotations.NullMarked;
