/**
 * Values that people write in options, environment variables and configuration files, and the
 * configuration file itself.
 *
 * <p>{@link io.pageferry.config.DataSize}, {@link io.pageferry.config.HostPort} and {@link
 * io.pageferry.config.Durations} each parse one notation and print it again; what they refuse, they
 * refuse with one sentence in an {@link IllegalArgumentException}. {@link
 * io.pageferry.config.ConfigFile} is a file of {@code key = value} lines. How a command line,
 * environment and file are put together is in {@code io.pageferry.config.cli}; nothing here knows
 * of it.
 */
@NullMarked
package io.pageferry.config;

import org.jspecify.annotations.NullMarked;
