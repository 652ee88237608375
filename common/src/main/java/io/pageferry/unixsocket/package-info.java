/**
 * Unix sockets that carry open files: what Java's own channels cannot. {@link
 * io.pageferry.unixsocket.UnixListener} takes connections, {@link
 * io.pageferry.unixsocket.UnixConnection} receives and sends, {@link
 * io.pageferry.unixsocket.LocalProcess} knows the process at the other end.
 *
 * <p>Source: {@code unix(7)}, {@code recvmsg(2)}, {@code cmsg(3)}, {@code pidfd_open(2)}.
 */
@NullMarked
package io.pageferry.unixsocket;

import org.jspecify.annotations.NullMarked;
