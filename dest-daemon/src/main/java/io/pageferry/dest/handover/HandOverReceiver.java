package io.pageferry.dest.handover;

import io.pageferry.unixsocket.LocalDescriptor;
import io.pageferry.unixsocket.LocalProcess;
import io.pageferry.unixsocket.UnixConnection;
import io.pageferry.userfaultfd.UserfaultFeature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes a hand-over from a connection. The peer may be anybody: its user is checked first, it has
 * little time, and neither a long message nor a wrong file costs more than its refusal. Stateless.
 */
public final class HandOverReceiver {
  /** Longest message. */
  static final int MOST_BYTES = 1 << 18;

  private static final int PATIENCE_MILLIS = 2_000;
  private static final String USERFAULTFD = "anon_inode:[userfaultfd]";
  private static final Pattern API = Pattern.compile("API:\\s*([0-9a-f]+):([0-9a-f]+):");

  /** Set in a userfaultfd's features once its handshake is done. */
  private static final long INITIALIZED = 1L << 31;

  private HandOverReceiver() {}

  /**
   * Waits for a hand-over, 2 seconds at most.
   *
   * @param users whose processes may hand over; root always may
   * @return the caller's, which closes it
   * @throws IllegalArgumentException with the reason for a refusal, in a sentence
   * @throws IOException if the peer goes away
   */
  public static HandOver receive(UnixConnection connection, Set<Integer> users) throws IOException {
    UnixConnection.Peer peer = connection.peer();
    if (peer.uid() != 0 && !users.contains(peer.uid())) {
      throw new IllegalArgumentException(
          "Process %d of user %d may not hand over memory here; --allow-uid lets it."
              .formatted(peer.pid(), peer.uid()));
    }
    List<LocalDescriptor> descriptors = new ArrayList<>();
    try {
      String text = text(connection, descriptors);
      LocalDescriptor userfaultfd = onlyOne(descriptors);
      long features = features(userfaultfd);
      userfaultfd.makeNonBlocking();
      HandOver taken = new HandOver(text, userfaultfd, features, LocalProcess.of(peer.pid()));
      descriptors.clear();
      return taken;
    } finally {
      descriptors.forEach(LocalDescriptor::close);
    }
  }

  /**
   * A hand-over that was taken before, by a process that has ended since.
   *
   * @throws IllegalArgumentException as {@link #receive} does
   */
  public static HandOver again(String text, LocalDescriptor userfaultfd, LocalProcess process)
      throws IOException {
    return new HandOver(text, userfaultfd, features(userfaultfd), process);
  }

  /** Reads until the message is whole and a descriptor has come. */
  private static String text(UnixConnection connection, List<LocalDescriptor> descriptors)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
    while (true) {
      String text = bytes.toString(StandardCharsets.UTF_8);
      if (!descriptors.isEmpty() && RegionList.isWhole(text)) {
        return text;
      }
      long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
      if (left <= 0 || !connection.isReadable((int) left)) {
        throw new IllegalArgumentException(
            descriptors.isEmpty()
                ? "No file came with the hand-over within 2 s; a userfaultfd must, as SCM_RIGHTS."
                : "The list of regions had no end within 2 s.");
      }
      UnixConnection.Received received = connection.receive(MOST_BYTES - bytes.size());
      descriptors.addAll(received.descriptors());
      byte[] more = received.bytes().array();
      bytes.write(more, 0, more.length);
      if (more.length == 0) {
        throw new IllegalArgumentException("The peer went away before it had handed over.");
      }
      if (bytes.size() >= MOST_BYTES) {
        throw new IllegalArgumentException(
            "A hand-over has fewer than " + MOST_BYTES + " bytes; this one has more.");
      }
    }
  }

  private static LocalDescriptor onlyOne(List<LocalDescriptor> descriptors) throws IOException {
    if (descriptors.size() != 1) {
      throw new IllegalArgumentException(
          "A hand-over brings one userfaultfd, not %d files.".formatted(descriptors.size()));
    }
    LocalDescriptor descriptor = descriptors.getFirst();
    String kind = descriptor.kind();
    if (!kind.equals(USERFAULTFD)) {
      throw new IllegalArgumentException(
          "The file that came with the hand-over is no userfaultfd, but " + kind + ".");
    }
    return descriptor;
  }

  private static long features(LocalDescriptor userfaultfd) throws IOException {
    Matcher api = API.matcher(userfaultfd.details());
    long features = api.find() ? Long.parseUnsignedLong(api.group(2), 16) : INITIALIZED;
    if (features == 0) {
      throw new IllegalArgumentException(
          "The userfaultfd has not been through UFFDIO_API, so that no memory can be registered.");
    }
    if ((features & UserfaultFeature.SIGBUS) != 0) {
      throw new IllegalArgumentException(
          "The userfaultfd reports no accesses, since it has UFFD_FEATURE_SIGBUS.");
    }
    return features & ~INITIALIZED;
  }
}
