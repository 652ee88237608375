/**
 * What a command is about: the options that all commands share ({@link
 * io.pageferry.cli.daemons.SharedOptions}), and which daemon holds the guest.
 */
@NullMarked
package io.pageferry.cli.daemons;

import org.jspecify.annotations.NullMarked;
