package io.pageferry.bench.net;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;

/** Bytes of a connection that go one way, and the end of them. Used by the forwarder's thread. */
final class Direction {
  private final SelectionKey from;
  private final SelectionKey to;
  private final Wire wire;
  private final DelayLine line = new DelayLine();
  private boolean ended;
  private long endNanos;
  private boolean finished;
  private boolean blocked;

  /**
   * A direction.
   *
   * @param from the key of the socket that it reads
   * @param to the key of the socket that it writes
   */
  Direction(SelectionKey from, SelectionKey to, Wire wire) {
    this.from = from;
    this.to = to;
    this.wire = wire;
  }

  /** Takes in what has come; the socket is readable. Returns whether anything was. */
  boolean read(long now) throws IOException {
    int read = line.fill((SocketChannel) from.channel(), wire, now);
    if (read < 0) {
      ended = true;
      endNanos = wire.enter(0, now);
    }
    return read != 0;
  }

  /** The socket that it writes takes bytes again. */
  void unblock() {
    blocked = false;
  }

  /** Lets out what is due; returns whether anything was. */
  boolean write(long now) throws IOException {
    boolean moved = false;
    if (!blocked && line.dueNanos() <= now) {
      moved = line.drain((SocketChannel) to.channel(), now) > 0;
      blocked = line.dueNanos() <= now;
    }
    if (ended && !finished && line.isEmpty() && endNanos <= now) {
      var _ = ((SocketChannel) to.channel()).shutdownOutput();
      finished = true;
    }
    return moved;
  }

  /** Whether its end has been passed on. */
  boolean isFinished() {
    return finished;
  }

  /** Whether it wants to hear when there is something to read. */
  boolean wantsToRead(long now) {
    return hasRoom() && wire.opensNanos(now) <= now;
  }

  /** Whether it wants to hear when it can write. */
  boolean wantsToWrite() {
    return blocked;
  }

  /** When there is something to do that no socket tells. */
  long nextNanos(long now) {
    long next = blocked ? DelayLine.NEVER : line.dueNanos();
    if (ended && !finished && line.isEmpty()) {
      next = endNanos;
    }
    long opens = wire.opensNanos(now);
    return hasRoom() && opens > now ? Math.min(next, opens) : next;
  }

  private boolean hasRoom() {
    return !ended && line.hasRoom();
  }
}
