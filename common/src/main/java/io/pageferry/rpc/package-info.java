/**
 * gRPC plumbing: servers whose lanes never share an event loop, channels with a connection of their
 * own, and the mapping between domain errors and gRPC statuses. No logic of the migration. Who
 * polls and who blocks is decided in {@link io.pageferry.rpc.loop}.
 */
@NullMarked
package io.pageferry.rpc;

import org.jspecify.annotations.NullMarked;
