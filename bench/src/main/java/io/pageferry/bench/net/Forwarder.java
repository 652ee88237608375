package io.pageferry.bench.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A link in between: listens on loopback and continues each connection to a target, delaying every
 * byte and limiting the rate as {@link LinkSettings} say. A byte that is read at one time is
 * written one one-way delay later, however many are under way, in order; ends of streams and resets
 * are delayed and passed on likewise. Up to 32 MiB of a direction are under way, then the sender
 * waits.
 *
 * <p>One thread moves all bytes. It sleeps while there is no traffic; with one-way delays below 200
 * µs it polls during traffic and for a millisecond after, which takes a processor. {@link
 * AddedRoundTrip} measures what a link really adds.
 *
 * <p>Any thread may call any method. What is changed is in force when the call returns. The
 * forwarder runs from {@link #start} until it is closed, which resets its connections.
 */
public final class Forwarder implements AutoCloseable {
  /** Ways in which a link fails. */
  public enum Cut {
    /** Connections are reset, and so are new ones. */
    RESET,
    /**
     * Nothing moves any more, and nobody is told. Connections stay, new ones seem to succeed, and
     * after {@link Forwarder#restore()} bytes go on where they stopped.
     */
    BLACK_HOLE
  }

  private static final long LOOK_MILLIS = 20;

  private final InetSocketAddress address;
  private final ForwarderLoop loop;
  private final Thread thread;
  private volatile LinkSettings settings;

  private Forwarder(InetSocketAddress address, ForwarderLoop loop, LinkSettings settings) {
    this.address = address;
    this.loop = loop;
    this.settings = settings;
    thread = Thread.ofPlatform().daemon().name("forwarder").unstarted(loop);
  }

  /**
   * Starts one on a free port.
   *
   * @param target where connections are continued to
   * @throws IOException if there is no port or descriptor left
   */
  public static Forwarder start(InetSocketAddress target, LinkSettings settings)
      throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open();
    try {
      var _ = server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      var _ = server.configureBlocking(false);
      Selector selector = Selector.open();
      var _ = server.register(selector, SelectionKey.OP_ACCEPT);
      Forwarder forwarder =
          new Forwarder(
              (InetSocketAddress) server.getLocalAddress(),
              new ForwarderLoop(target, server, selector, settings),
              settings);
      forwarder.thread.start();
      return forwarder;
    } catch (IOException e) {
      server.close();
      throw e;
    }
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return address;
  }

  /** What the link is like now. */
  public LinkSettings settings() {
    return settings;
  }

  /** Changes the link for bytes that are read from now on; those under way keep their times. */
  public void change(LinkSettings changed) {
    run(l -> l.change(changed));
    settings = changed;
  }

  /** Cuts the link. */
  public void cut(Cut how) {
    cutOrRestore(how);
  }

  /** Makes a cut link carry bytes again; nothing if it is not cut. */
  public void restore() {
    cutOrRestore(null);
  }

  private void cutOrRestore(@Nullable Cut how) {
    run(l -> l.cut(how));
  }

  /** Runs a command on the loop's thread, and returns once it has run. */
  private void run(Consumer<ForwarderLoop> command) {
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    loop.post(() -> {
      command.accept(loop);
      var _ = done.complete(true);
    });
    // A loop that ends leaves commands behind, so whoever waits looks after it.
    while (thread.isAlive()) {
      try {
        var _ = done.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
        return;
      } catch (TimeoutException _) {
        // Look again.
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return;
      } catch (ExecutionException e) {
        throw new IllegalStateException("The forwarder cannot be changed.", e);
      }
    }
    throw new IllegalStateException("The forwarder at " + address + " is closed.");
  }

  @Override
  public void close() {
    loop.post(loop::close);
    try {
      thread.join();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
