package io.pageferry.dest.guardian;

import io.pageferry.unixsocket.LocalDescriptor;
import io.pageferry.unixsocket.UnixConnection;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What pager and guardian tell each other: a line {@code WORD PID TICKS LENGTH}, and LENGTH bytes
 * of text. A descriptor comes with the first byte of a message whose word is {@link #HOLD}.
 *
 * @param word {@link #HOLD}, {@link #DONE} or {@link #END}
 * @param pid the target
 * @param ticks when it started
 * @param text its regions, as they were handed over
 */
record GuardMessage(String word, int pid, long ticks, String text) {
  /** Keep this target's userfaultfd; or: this one is kept. */
  static final String HOLD = "hold";

  /** This target needs nobody any more. */
  static final String DONE = "done";

  /** No more targets are kept. */
  static final String END = "end";

  private static final int MOST_AT_ONCE = 1 << 16;
  private static final int MOST_BYTES = 1 << 20;

  void send(UnixConnection connection, List<Integer> descriptors) throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(
        "%s %d %d %d\n".formatted(word, pid, ticks, body.length).getBytes(StandardCharsets.UTF_8));
    bytes.writeBytes(body);
    connection.send(bytes.toByteArray(), descriptors);
  }

  /** Reads messages off a connection. One thread. */
  static final class Reader {
    private final UnixConnection connection;
    private final Deque<LocalDescriptor> descriptors = new ArrayDeque<>();
    private byte[] pending = {};

    Reader(UnixConnection connection) {
      this.connection = connection;
    }

    /** The next message that is whole, after one receipt at most; null if none is. */
    @Nullable GuardMessage next() throws IOException {
      GuardMessage whole = parse();
      if (whole != null) {
        return whole;
      }
      UnixConnection.Received received = connection.receive(MOST_AT_ONCE);
      descriptors.addAll(received.descriptors());
      byte[] more = received.bytes().array();
      if (more.length == 0 || pending.length > MOST_BYTES) {
        throw new IOException("the connection has ended");
      }
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      all.writeBytes(pending);
      all.writeBytes(more);
      pending = all.toByteArray();
      return parse();
    }

    /** Whether {@link #next} gives a message without receiving anything. */
    boolean hasWhole() throws IOException {
      return lengthOfWhole() > 0;
    }

    /** The descriptor of the message that was read last; the caller's. */
    LocalDescriptor descriptor() throws IOException {
      LocalDescriptor first = descriptors.poll();
      if (first == null) {
        throw new IOException("a message came without its descriptor");
      }
      return first;
    }

    private int lengthOfWhole() throws IOException {
      String[] words = words();
      if (words.length == 0) {
        return 0;
      }
      int length = String.join(" ", words).length() + 1 + Integer.parseInt(words[3]);
      return pending.length >= length ? length : 0;
    }

    private String[] words() throws IOException {
      String text = new String(pending, StandardCharsets.ISO_8859_1);
      int end = text.indexOf('\n');
      if (end < 0) {
        return new String[0];
      }
      String[] words = text.substring(0, end).split(" ", -1);
      if (words.length != 4) {
        throw new IOException("a message of a guardian cannot be read");
      }
      return words;
    }

    private @Nullable GuardMessage parse() throws IOException {
      int length = lengthOfWhole();
      if (length == 0) {
        return null;
      }
      String[] words = words();
      int body = Integer.parseInt(words[3]);
      String text = new String(pending, length - body, body, StandardCharsets.UTF_8);
      byte[] rest = new byte[pending.length - length];
      System.arraycopy(pending, length, rest, 0, rest.length);
      pending = rest;
      return new GuardMessage(words[0], Integer.parseInt(words[1]), Long.parseLong(words[2]), text);
    }
  }
}
