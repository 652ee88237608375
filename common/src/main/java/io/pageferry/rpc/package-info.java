/**
 * gRPC plumbing: servers whose lanes never share an event loop, channels with a connection of their
 * own, and the mapping between domain errors and gRPC statuses. No logic of the migration.
 */
@NullMarked
package io.pageferry.rpc;

import org.jspecify.annotations.NullMarked;
