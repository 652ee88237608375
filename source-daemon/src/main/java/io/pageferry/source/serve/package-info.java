/**
 * How pages leave the source: gRPC calls that the destination makes, each of which is a lane.
 *
 * <ol>
 *   <li>{@link io.pageferry.source.serve.PageLanes} makes a lane of each call.
 *   <li>{@code Lane} is what both kinds share: the hello, the answer to it, the end.
 *   <li>{@code DemandLane} answers the fetches of a vCPU that waits.
 *   <li>{@code DrainLane} sends all other pages, and takes acknowledgements.
 *   <li>{@link io.pageferry.source.serve.Session} is one set of lanes under one token. It serves a
 *       {@link io.pageferry.source.image.Delivery}, which outlives it.
 * </ol>
 *
 * <p>Lanes run on the event loops of their connections, and have no threads of their own.
 */
@NullMarked
package io.pageferry.source.serve;

import org.jspecify.annotations.NullMarked;
