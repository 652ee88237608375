package io.pageferry.dest.guardian;

import io.pageferry.unixsocket.LocalDescriptor;
import io.pageferry.unixsocket.LocalProcess;
import io.pageferry.unixsocket.UnixConnection;
import io.pageferry.unixsocket.UnixListener;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the userfaultfds of a pager's targets. It serves one pager at a time. Once that has gone,
 * the next one has a while to come and gets what is kept; after that the targets are ended, since
 * without a pager they would wait for ever, and without this process read zeros.
 *
 * <p>One thread. It ends by itself when there is neither a pager nor anything to keep.
 */
public final class Guardian {
  private static final Logger LOG = LoggerFactory.getLogger(Guardian.class);
  private static final int LOOK_MILLIS = 200;

  private record Kept(
      int pid, long ticks, String text, LocalDescriptor userfaultfd, LocalProcess process) {
    void close() {
      userfaultfd.close();
      process.close();
    }
  }

  private final UnixListener listener;
  private final int user;
  private final long patienceNanos;
  private final List<Kept> kept = new ArrayList<>();
  private long aloneSince = System.nanoTime();

  private Guardian(UnixListener listener, int user, Duration patience) {
    this.listener = listener;
    this.user = user;
    this.patienceNanos = patience.toNanos();
  }

  /**
   * Guards until nothing is left to be guarded.
   *
   * @param socket where the pager connects
   * @param user the pager's
   * @param patience how long targets wait for another pager
   */
  public static void run(Path socket, int user, Duration patience) throws IOException {
    try (UnixListener listener = UnixListener.at(socket, "rw-------")) {
      new Guardian(listener, user, patience).guard();
    }
  }

  private void guard() throws IOException {
    while (true) {
      UnixConnection connection = listener.accept(LOOK_MILLIS);
      forgetEnded();
      if (connection != null) {
        if (connection.peer().uid() == user) {
          serve(connection);
          aloneSince = System.nanoTime();
        }
        connection.close();
      } else if (System.nanoTime() - aloneSince > patienceNanos) {
        endAll();
        return;
      }
    }
  }

  private void serve(UnixConnection connection) {
    GuardMessage.Reader reader = new GuardMessage.Reader(connection);
    try {
      for (Kept one : kept) {
        new GuardMessage(GuardMessage.HOLD, one.pid(), one.ticks(), one.text())
            .send(connection, List.of(one.userfaultfd().number()));
      }
      new GuardMessage(GuardMessage.END, 0, 0, "").send(connection, List.of());
      while (true) {
        if (reader.hasWhole() || connection.isReadable(LOOK_MILLIS)) {
          GuardMessage message = reader.next();
          if (message != null) {
            note(message, reader);
          }
        }
        forgetEnded();
      }
    } catch (IOException e) {
      LOG.info("The pager has gone; {} processes wait for another one.", kept.size());
    }
  }

  private void note(GuardMessage message, GuardMessage.Reader reader) throws IOException {
    if (message.word().equals(GuardMessage.HOLD)) {
      LocalDescriptor userfaultfd = reader.descriptor();
      forget(message.pid());
      kept.add(
          new Kept(
              message.pid(),
              message.ticks(),
              message.text(),
              userfaultfd,
              LocalProcess.of(message.pid())));
    } else if (message.word().equals(GuardMessage.DONE)) {
      forget(message.pid());
    }
  }

  private void forget(int pid) {
    kept.removeIf(one -> one.pid() == pid && closed(one));
  }

  private void forgetEnded() {
    kept.removeIf(one -> hasEnded(one) && closed(one));
  }

  private static boolean closed(Kept one) {
    one.close();
    return true;
  }

  private static boolean hasEnded(Kept one) {
    try {
      return one.process().hasEnded();
    } catch (IOException e) {
      LOG.debug("A process cannot be looked at.", e);
      return false;
    }
  }

  private void endAll() {
    for (Kept one : kept) {
      LOG.error(
          "Process {} is ended: pages of it never came, and no pager has taken it over.",
          one.pid());
      kill(one);
      one.close();
    }
    kept.clear();
  }

  private static void kill(Kept one) {
    try {
      one.process().kill();
    } catch (IOException e) {
      LOG.error("Process {} could not be ended.", one.pid(), e);
    }
  }

  /** The connection that is null where nobody listens. */
  static @Nullable UnixConnection connection(Path socket) {
    try {
      return UnixConnection.to(socket);
    } catch (IOException _) {
      return null;
    }
  }
}
