package io.pageferry.dest.guardian;

import io.pageferry.dest.handover.HandOver;
import io.pageferry.dest.handover.HandOverReceiver;
import io.pageferry.unixsocket.LocalDescriptor;
import io.pageferry.unixsocket.LocalProcess;
import io.pageferry.unixsocket.UnixConnection;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A pager's connection to its guardian. Any thread; its monitor is held while a message is sent.
 * What was told to a guardian that is killed is lost with it, and said in the log.
 */
public final class GuardianLink implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GuardianLink.class);
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final UnixConnection connection;

  private GuardianLink(UnixConnection connection) {
    this.connection = connection;
  }

  /**
   * Connects to the guardian of a socket, which is started if there is none.
   *
   * @param command starts one
   * @param orphans gets what a pager before this one has left behind
   * @throws IOException if there is none after 20 seconds
   */
  public static GuardianLink connect(Path socket, List<String> command, List<HandOver> orphans)
      throws IOException {
    UnixConnection connection = Guardian.connection(socket);
    if (connection == null) {
      // It outlives this process, and says what it has to say where this one does.
      Process _ = new ProcessBuilder(command).inheritIO().start();
      long until = System.nanoTime() + PATIENCE_NANOS;
      while (connection == null) {
        if (System.nanoTime() > until) {
          throw new IOException("no guardian listens at " + socket);
        }
        LockSupport.parkNanos(LOOK_NANOS);
        connection = Guardian.connection(socket);
      }
    }
    GuardianLink link = new GuardianLink(connection);
    try {
      orphans.addAll(link.kept());
      return link;
    } catch (IOException e) {
      link.close();
      throw e;
    }
  }

  private List<HandOver> kept() throws IOException {
    List<HandOver> kept = new ArrayList<>();
    GuardMessage.Reader reader = new GuardMessage.Reader(connection);
    while (true) {
      GuardMessage message = reader.next();
      if (message != null && message.word().equals(GuardMessage.END)) {
        return kept;
      }
      if (message != null) {
        LocalDescriptor userfaultfd = reader.descriptor();
        LocalProcess process = LocalProcess.of(message.pid());
        if (process.startTicks() == message.ticks()) {
          kept.add(HandOverReceiver.again(message.text(), userfaultfd, process));
        } else {
          userfaultfd.close();
          process.close();
        }
      }
    }
  }

  /** Keeps a target's userfaultfd also when this process ends. */
  public synchronized void hold(HandOver handOver) throws IOException {
    LocalProcess process = handOver.process();
    new GuardMessage(GuardMessage.HOLD, process.pid(), process.startTicks(), handOver.text())
        .send(connection, List.of(handOver.userfaultfd().number()));
  }

  /** A target needs nobody any more. */
  public synchronized void done(int pid) {
    try {
      new GuardMessage(GuardMessage.DONE, pid, 0, "").send(connection, List.of());
    } catch (IOException e) {
      LOG.warn("The guardian cannot be told that process {} needs it no more.", pid, e);
    }
  }

  @Override
  public void close() {
    connection.close();
  }
}
