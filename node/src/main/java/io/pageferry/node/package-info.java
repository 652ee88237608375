/**
 * A daemon, put together: the source's role, the destination's role or both in one process, on one
 * port.
 *
 * <p>{@link io.pageferry.node.NodeDaemon} is the composition root. {@code SourceMain}, {@code
 * DestMain} and {@code NodeMain} are its command lines; they differ in the roles that they
 * register. {@code NodeRehearsal} is the warm-up after the start: a small guest moves from the
 * daemon to itself, by the code of both roles.
 */
@NullMarked
package io.pageferry.node;

import org.jspecify.annotations.NullMarked;
