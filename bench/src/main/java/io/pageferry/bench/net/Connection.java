package io.pageferry.bench.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.Channel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/** A client's connection and its continuation to the target. Used by the forwarder's thread. */
final class Connection {
  private static final int CONNECT_MILLIS = 1_000;

  private final SelectionKey client;
  private final SelectionKey target;
  private final Direction there;
  private final Direction back;

  private Connection(SelectionKey client, SelectionKey target, Wire there, Wire back) {
    this.client = client;
    this.target = target;
    this.there = new Direction(client, target, there);
    this.back = new Direction(target, client, back);
    client.attach(this);
    target.attach(this);
  }

  /**
   * Continues a client's connection.
   *
   * @throws IOException if the target cannot be reached; the client's connection is reset then
   */
  static Connection open(
      SocketChannel client, InetSocketAddress address, Selector selector, Wire there, Wire back)
      throws IOException {
    SocketChannel target = SocketChannel.open();
    try {
      target.socket().connect(address, CONNECT_MILLIS);
      return new Connection(register(client, selector), register(target, selector), there, back);
    } catch (IOException e) {
      reset(client);
      reset(target);
      throw e;
    }
  }

  private static SelectionKey register(SocketChannel channel, Selector selector)
      throws IOException {
    var _ = channel.configureBlocking(false);
    var _ = channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    return channel.register(selector, SelectionKey.OP_READ);
  }

  /** One of its sockets is ready; returns whether bytes moved. */
  boolean ready(SelectionKey key, long now) throws IOException {
    Direction outgoing = key.equals(client) ? there : back;
    Direction incoming = key.equals(client) ? back : there;
    if (key.isWritable()) {
      incoming.unblock();
    }
    return key.isReadable() && outgoing.read(now);
  }

  /** Lets out what is due; returns whether bytes moved. */
  boolean write(long now) throws IOException {
    boolean moved = there.write(now);
    return back.write(now) || moved;
  }

  /** Whether both directions have ended. */
  boolean isFinished() {
    return there.isFinished() && back.isFinished();
  }

  /** Asks the selector for what is wanted; returns when there is something else to do. */
  long listen(long now) {
    listen(client, there.wantsToRead(now), back.wantsToWrite());
    listen(target, back.wantsToRead(now), there.wantsToWrite());
    return Math.min(there.nextNanos(now), back.nextNanos(now));
  }

  /** Asks the selector for nothing. */
  void ignore() {
    listen(client, false, false);
    listen(target, false, false);
  }

  private static void listen(SelectionKey key, boolean read, boolean write) {
    int wanted = (read ? SelectionKey.OP_READ : 0) | (write ? SelectionKey.OP_WRITE : 0);
    if (key.interestOps() != wanted) {
      var _ = key.interestOps(wanted);
    }
  }

  /** Closes both sockets, whose bytes have all been passed on. */
  void close() {
    closeQuietly(client.channel());
    closeQuietly(target.channel());
  }

  /** Breaks both off; what was under way is lost. */
  void reset() {
    reset((SocketChannel) client.channel());
    reset((SocketChannel) target.channel());
  }

  /** Closes a socket so that its peer sees a reset. */
  static void reset(SocketChannel channel) {
    try {
      var _ = channel.setOption(StandardSocketOptions.SO_LINGER, 0);
    } catch (IOException _) {
      // It is closed already, which is what is wanted.
    }
    closeQuietly(channel);
  }

  private static void closeQuietly(Channel channel) {
    try {
      channel.close();
    } catch (IOException _) {
      // Nobody is left to be told.
    }
  }
}
