/**
 * How a program's command line is read: {@link io.pageferry.config.cli.CommandRunner} parses it,
 * fills in what it leaves out from environment and configuration file ({@code LayeredDefaults}),
 * and turns failures into one sentence and an exit code. {@code StandardOptions} are those that
 * every program has.
 */
@NullMarked
package io.pageferry.config.cli;

import org.jspecify.annotations.NullMarked;
