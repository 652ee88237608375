package io.pageferry.bench.net;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * The thread of a forwarder. It alone touches sockets and connections, so that no byte is handed
 * from thread to thread on its way; others only leave commands.
 */
final class ForwarderLoop implements Runnable {
  private final InetSocketAddress target;
  private final ServerSocketChannel server;
  private final Selector selector;
  private final Wire there;
  private final Wire back;
  private final Queue<Runnable> commands = new ConcurrentLinkedQueue<>();
  private final List<Connection> connections = new ArrayList<>();
  private Forwarder.@Nullable Cut cut;
  private boolean urgent;
  private boolean closed;
  private long trafficNanos = System.nanoTime();

  ForwarderLoop(
      InetSocketAddress target,
      ServerSocketChannel server,
      Selector selector,
      LinkSettings settings) {
    this.target = target;
    this.server = server;
    this.selector = selector;
    there = new Wire(settings);
    back = new Wire(settings);
    urgent = settings.oneWayNanos() < Pace.URGENT_NANOS;
  }

  /** Lets the thread run something between two moves. Any thread. */
  void post(Runnable command) {
    commands.add(command);
    var _ = selector.wakeup();
  }

  /** For bytes read from now on. A command. */
  void change(LinkSettings settings) {
    there.change(settings);
    back.change(settings);
    urgent = settings.oneWayNanos() < Pace.URGENT_NANOS;
  }

  /** Cuts the link, or restores it. A command. */
  void cut(Forwarder.@Nullable Cut how) {
    cut = how;
    if (how == Forwarder.Cut.RESET) {
      connections.forEach(Connection::reset);
      connections.clear();
    } else if (how == Forwarder.Cut.BLACK_HOLE) {
      connections.forEach(Connection::ignore);
    }
    var _ =
        server
            .keyFor(selector)
            .interestOps(how == Forwarder.Cut.BLACK_HOLE ? 0 : SelectionKey.OP_ACCEPT);
  }

  /** Ends the thread. A command. */
  void close() {
    closed = true;
  }

  @Override
  public void run() {
    try (server;
        selector;
        Pace pace = new Pace(selector)) {
      while (!closed) {
        long now = System.nanoTime();
        long next = cut == Forwarder.Cut.BLACK_HOLE ? DelayLine.NEVER : move(now);
        pace.await(next, now, now - trafficNanos, urgent, this::ready);
        for (Runnable command = commands.poll(); command != null; command = commands.poll()) {
          command.run();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("The forwarder to " + target + " has lost its sockets.", e);
    } finally {
      connections.forEach(Connection::reset);
    }
  }

  /** Lets out what is due on every connection; returns when there is something due again. */
  private long move(long now) {
    long next = DelayLine.NEVER;
    for (int i = connections.size() - 1; i >= 0; i--) {
      Connection connection = connections.get(i);
      try {
        if (connection.write(now)) {
          trafficNanos = now;
        }
        if (connection.isFinished()) {
          connection.close();
          var _ = connections.remove(i);
        } else {
          next = Math.min(next, connection.listen(now));
        }
      } catch (IOException _) {
        breakOff(connection);
      }
    }
    return next;
  }

  private void ready(SelectionKey key) {
    if (!key.isValid()) {
      return;
    }
    long now = System.nanoTime();
    if (key.isAcceptable()) {
      accept();
    } else if (key.attachment() instanceof Connection connection) {
      try {
        if (connection.ready(key, now)) {
          trafficNanos = now;
        }
      } catch (IOException _) {
        breakOff(connection);
      }
    }
  }

  /** A peer has reset its connection, so the other one shall see a reset too. */
  private void breakOff(Connection connection) {
    connection.reset();
    var _ = connections.remove(connection);
  }

  private void accept() {
    try {
      SocketChannel client = server.accept();
      if (client == null) {
        return;
      }
      if (cut == Forwarder.Cut.RESET) {
        Connection.reset(client);
        return;
      }
      connections.add(Connection.open(client, target, selector, there, back));
      trafficNanos = System.nanoTime();
    } catch (IOException _) {
      // The target refuses, and the client has been told by a reset.
    }
  }
}
