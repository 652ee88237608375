/**
 * Event loops of Netty: who polls and who blocks. {@link io.pageferry.rpc.loop.DrivenLoop} lets the
 * thread that waits for a message be its event loop, {@link io.pageferry.rpc.loop.PollingLoop}
 * serves it, {@link io.pageferry.rpc.loop.AdaptiveWait} says how long polling pays, and {@link
 * io.pageferry.rpc.loop.LeastLoadedLoops} gives each connection a loop of its own while there are
 * enough.
 */
@NullMarked
package io.pageferry.rpc.loop;

import org.jspecify.annotations.NullMarked;
