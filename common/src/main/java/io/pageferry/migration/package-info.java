/**
 * The vocabulary of a migration, shared by both daemons: who ({@link
 * io.pageferry.migration.MigrationKey}), where it stands ({@link io.pageferry.migration.Phase},
 * {@link io.pageferry.migration.PhaseTracker}), who may run the guest ({@link
 * io.pageferry.migration.ExecutionFence}) and what went wrong ({@link
 * io.pageferry.migration.ErrorCode}).
 */
@NullMarked
package io.pageferry.migration;

import org.jspecify.annotations.NullMarked;
