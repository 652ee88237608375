/**
 * The commands that start and end migrations. {@link io.pageferry.cli.migrate.Migrations} follows
 * one to its end.
 */
@NullMarked
package io.pageferry.cli.migrate;

import org.jspecify.annotations.NullMarked;
