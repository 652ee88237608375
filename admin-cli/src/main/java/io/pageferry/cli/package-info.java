/**
 * The {@code ferry} command: a client of both daemons' admin service.
 *
 * <p>{@link io.pageferry.cli.Ferry} is the entry point and lists the commands. A command asks
 * daemons through {@link io.pageferry.cli.AdminClient}, hands what it got to a renderer in {@code
 * view} or to {@link io.pageferry.cli.Json}, and ends with an {@link
 * io.pageferry.config.cli.ExitCode}. Whatever goes wrong is a {@link
 * io.pageferry.cli.FerryException}: one sentence and an exit code.
 */
@NullMarked
package io.pageferry.cli;

import org.jspecify.annotations.NullMarked;
