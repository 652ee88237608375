/**
 * What a command is about: the options that all commands share ({@link
 * io.pageferry.cli.daemons.SharedOptions}), the two daemons that they name ({@link
 * io.pageferry.cli.daemons.Daemons}), and the guests there.
 */
@NullMarked
package io.pageferry.cli.daemons;

import org.jspecify.annotations.NullMarked;
