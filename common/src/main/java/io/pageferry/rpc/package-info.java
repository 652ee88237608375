/**
 * gRPC plumbing: servers whose lanes never share an event loop, channels with a connection of their
 * own, and the mapping between domain errors and gRPC statuses. No logic of the migration.
 *
 * <p>Who polls and who blocks is decided here: {@link io.pageferry.rpc.DrivenLoop} lets the thread
 * that waits for a message be its event loop, {@link io.pageferry.rpc.PollingLoop} serves it, and
 * {@link io.pageferry.rpc.AdaptiveWait} says how long polling pays.
 */
@NullMarked
package io.pageferry.rpc;

import org.jspecify.annotations.NullMarked;
