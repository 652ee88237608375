/**
 * The {@code ferry} command: a client of both daemons' admin service.
 *
 * <p>{@link io.pageferry.cli.Ferry} is the entry point and lists the commands, which are in the
 * packages {@code guest}, {@code migrate}, {@code status}, {@code watch} and {@code demo}. A
 * command learns from {@code target} which daemons it is about, asks them through {@code client},
 * hands what it got to a renderer in {@code view}, writes it through {@code output}, and ends with
 * an {@link io.pageferry.config.cli.ExitCode}. {@code local} starts daemons, and {@code training}
 * makes the caches of an installation.
 */
@NullMarked
package io.pageferry.cli;

import org.jspecify.annotations.NullMarked;
