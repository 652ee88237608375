package io.pageferry.bench.net;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * What a {@link Forwarder} really adds to a round trip: a message of some bytes goes to an echo and
 * comes back, directly and through a forwarder in turns, over blocking sockets.
 *
 * @param bytes of the message
 * @param direct median round trip without the forwarder
 * @param through median round trip with it
 * @param throughP99 99th percentile with it
 */
public record AddedRoundTrip(int bytes, Duration direct, Duration through, Duration throughP99) {
  private static final int WARM_UP = 300;
  private static final int TURNS = 20;
  private static final int ROUNDS_IN_A_TURN = 100;
  private static final Duration LIMIT_OF_A_TURN = Duration.ofMillis(40);

  /** The medians' difference. */
  public Duration added() {
    return through.minus(direct);
  }

  /**
   * Measures; takes less than three seconds for round trips of 10 ms and less.
   *
   * @throws IOException if a socket fails
   */
  public static AddedRoundTrip measure(LinkSettings settings, int bytes) throws IOException {
    try (ServerSocket server = new ServerSocket(0, 2, InetAddress.getLoopbackAddress());
        Forwarder forwarder =
            Forwarder.start((InetSocketAddress) server.getLocalSocketAddress(), settings);
        Socket direct = connect((InetSocketAddress) server.getLocalSocketAddress());
        Socket directEcho = server.accept();
        Socket through = connect(forwarder.address());
        Socket throughEcho = server.accept()) {
      echo(directEcho, bytes);
      echo(throughEcho, bytes);
      long[] directNanos = new long[0];
      long[] throughNanos = new long[0];
      var _ = turn(direct, bytes, WARM_UP);
      var _ = turn(through, bytes, WARM_UP);
      for (int i = 0; i < TURNS; i++) {
        directNanos = joined(directNanos, turn(direct, bytes, ROUNDS_IN_A_TURN));
        throughNanos = joined(throughNanos, turn(through, bytes, ROUNDS_IN_A_TURN));
      }
      return new AddedRoundTrip(
          bytes,
          percentile(directNanos, 0.5),
          percentile(throughNanos, 0.5),
          percentile(throughNanos, 0.99));
    }
  }

  private static Socket connect(InetSocketAddress address) throws IOException {
    Socket socket = new Socket(address.getAddress(), address.getPort());
    socket.setTcpNoDelay(true);
    return socket;
  }

  /** Sends back every message until the stream ends. */
  private static void echo(Socket socket, int bytes) throws IOException {
    socket.setTcpNoDelay(true);
    DataInputStream in = new DataInputStream(socket.getInputStream());
    OutputStream out = socket.getOutputStream();
    Thread.ofPlatform()
        .daemon()
        .name("echo")
        .start(() -> {
          byte[] message = new byte[bytes];
          try {
            while (true) {
              in.readFully(message);
              out.write(message);
            }
          } catch (IOException _) {
            // The measurement is over.
          }
        });
  }

  /** Round trips one after another, in nanoseconds. */
  private static long[] turn(Socket socket, int bytes, int rounds) throws IOException {
    InputStream in = socket.getInputStream();
    OutputStream out = socket.getOutputStream();
    byte[] message = new byte[bytes];
    long[] nanos = new long[rounds];
    long start = System.nanoTime();
    int done = 0;
    while (done < rounds && System.nanoTime() - start < LIMIT_OF_A_TURN.toNanos()) {
      long sent = System.nanoTime();
      out.write(message);
      if (in.readNBytes(message, 0, bytes) < bytes) {
        throw new EOFException("The echo has ended.");
      }
      nanos[done++] = System.nanoTime() - sent;
    }
    return Arrays.copyOf(nanos, done);
  }

  private static long[] joined(long[] first, long[] second) {
    long[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private static Duration percentile(long[] nanos, double share) {
    long[] sorted = nanos.clone();
    Arrays.sort(sorted);
    return Duration.ofNanos(sorted[(int) (share * (sorted.length - 1))]);
  }

  /** Prints a table of what links of several round trips add. */
  static void main() throws IOException {
    System.out.println("round trip   bytes     direct    through      added  through p99  (µs)");
    for (long micros : new long[] {0, 30, 100, 1_000, 10_000}) {
      for (int bytes : new int[] {32, 4096}) {
        Duration roundTrip = Duration.of(micros, TimeUnit.MICROSECONDS.toChronoUnit());
        AddedRoundTrip result = measure(LinkSettings.ofRoundTrip(roundTrip), bytes);
        System.out.printf(
            "%10d %7d %10.1f %10.1f %10.1f %12.1f%n",
            micros,
            bytes,
            micros(result.direct),
            micros(result.through),
            micros(result.added()),
            micros(result.throughP99));
      }
    }
  }

  private static double micros(Duration duration) {
    return duration.toNanos() / 1e3;
  }
}
