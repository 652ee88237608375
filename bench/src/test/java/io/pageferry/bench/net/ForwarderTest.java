package io.pageferry.bench.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pageferry.bench.net.Forwarder.Cut;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bytes through a forwarder on a machine that may be busy: bounds of time are lower ones. */
@Timeout(60)
class ForwarderTest {
  private Target target;

  @BeforeEach
  void start() throws IOException {
    target = new Target();
  }

  @AfterEach
  void stop() throws IOException {
    target.close();
  }

  @Test
  void deliversBytesUnchangedAndInOrderInBothDirectionsAtOnce() throws Exception {
    long seed = System.nanoTime();
    System.out.println("ForwarderTest seed " + seed);
    try (Forwarder forwarder =
            Forwarder.start(target.address(), LinkSettings.ofRoundTrip(Duration.ofMillis(1)));
        Socket client = Target.connect(forwarder);
        Socket server = target.next()) {
      byte[] there = bytes(seed, 5_000_011);
      byte[] back = bytes(seed + 1, 3_000_017);
      CompletableFuture<Void> sendsThere = sendInChunks(client, there, seed + 2);
      CompletableFuture<Void> sendsBack = sendInChunks(server, back, seed + 3);
      CompletableFuture<byte[]> arrivesThere = receive(server);
      assertThat(client.getInputStream().readAllBytes()).isEqualTo(back);
      assertThat(arrivesThere.get()).isEqualTo(there);
      sendsThere.get();
      sendsBack.get();
    }
  }

  @Test
  void deliversBytesWhileTheLinkChanges() throws Exception {
    long seed = System.nanoTime();
    System.out.println("ForwarderTest seed " + seed);
    try (Forwarder forwarder = Forwarder.start(target.address(), LinkSettings.DIRECT);
        Socket client = Target.connect(forwarder);
        Socket server = target.next()) {
      byte[] there = bytes(seed, 20_000_000);
      CompletableFuture<Void> sends = sendInChunks(client, there, seed + 1);
      CompletableFuture<byte[]> arrives = receive(server);
      for (int i = 0; i < 100 && !arrives.isDone(); i++) {
        forwarder.change(
            i % 2 == 0
                ? LinkSettings.ofRoundTrip(Duration.ofNanos(i * 30_000L))
                : LinkSettings.ofRate(4_000_000_000L));
      }
      forwarder.change(LinkSettings.DIRECT);
      sends.get();
      assertThat(arrives.get()).isEqualTo(there);
    }
  }

  @Test
  void passesTheEndOfOneDirectionOnAndKeepsTheOther() throws Exception {
    try (Forwarder forwarder = Forwarder.start(target.address(), LinkSettings.DIRECT);
        Socket client = Target.connect(forwarder);
        Socket server = target.next()) {
      client.shutdownOutput();
      assertThat(server.getInputStream().read()).isEqualTo(-1);
      Target.send(server, 7);
      assertThat(client.getInputStream().read()).isEqualTo(7);
      server.shutdownOutput();
      assertThat(client.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void passesAResetOn() throws Exception {
    try (Forwarder forwarder = Forwarder.start(target.address(), LinkSettings.DIRECT)) {
      Socket client = Target.connect(forwarder);
      try (Socket server = target.next()) {
        client.setSoLinger(true, 0);
        client.close();
        assertThatThrownBy(() -> server.getInputStream().read())
            .isInstanceOf(IOException.class)
            .isNotInstanceOf(SocketTimeoutException.class);
      }
    }
  }

  @Test
  void resetsAClientWhoseTargetRefuses() throws Exception {
    InetSocketAddress nobody = target.address();
    target.close();
    try (Forwarder forwarder = Forwarder.start(nobody, LinkSettings.DIRECT)) {
      assertBroken(forwarder);
    }
  }

  @Test
  void aRoundTripTakesAtLeastTheTimeThatWasSet() throws Exception {
    for (Duration roundTrip :
        new Duration[] {Duration.ofNanos(60_000), Duration.ofMillis(1), Duration.ofMillis(20)}) {
      AddedRoundTrip measured = AddedRoundTrip.measure(LinkSettings.ofRoundTrip(roundTrip), 32);
      assertThat(measured.through()).isGreaterThanOrEqualTo(roundTrip);
    }
  }

  @Test
  void delaysManyBytesAtOnceAndNotOneAfterTheOther() throws Exception {
    try (Forwarder forwarder =
            Forwarder.start(target.address(), LinkSettings.ofRoundTrip(Duration.ofMillis(200)));
        Socket client = Target.connect(forwarder);
        Socket server = target.next()) {
      long lastSent = 0;
      for (int i = 0; i < 200; i++) {
        lastSent = System.nanoTime();
        Target.send(client, i);
        Thread.sleep(1);
      }
      assertThat(server.getInputStream().readNBytes(200)).hasSize(200);
      // One delay of 100 ms after the last byte, and not 200 of them, which take 20 s.
      assertThat(System.nanoTime() - lastSent).isBetween(100_000_000L, 5_000_000_000L);
    }
  }

  @Test
  void carriesTheRateThatWasSet() throws Exception {
    long bitsPerSecond = 400_000_000;
    try (Forwarder forwarder =
            Forwarder.start(target.address(), LinkSettings.ofRate(bitsPerSecond));
        Socket client = Target.connect(forwarder);
        Socket server = target.next()) {
      byte[] bytes = new byte[40_000_000];
      CompletableFuture<Void> sends = sendInChunks(client, bytes, 1);
      long start = System.nanoTime();
      assertThat(server.getInputStream().readAllBytes()).hasSize(bytes.length);
      double seconds = (System.nanoTime() - start) / 1e9;
      sends.get();
      double expected = bytes.length * 8.0 / bitsPerSecond;
      assertThat(seconds).isGreaterThan(expected * 0.85);
    }
  }

  @Test
  void aCutLinkResetsConnectionsUntilItIsRestored() throws Exception {
    try (Forwarder forwarder = Forwarder.start(target.address(), LinkSettings.DIRECT);
        Socket client = Target.connect(forwarder);
        Socket server = target.next()) {
      forwarder.cut(Cut.RESET);
      assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> server.getInputStream().read()).isInstanceOf(IOException.class);
      assertBroken(forwarder);
      forwarder.restore();
      try (Socket again = Target.connect(forwarder);
          Socket reached = target.next()) {
        Target.send(again, 9);
        assertThat(reached.getInputStream().read()).isEqualTo(9);
      }
    }
  }

  @Test
  void aBlackHoleKeepsBytesUntilTheLinkIsRestored() throws Exception {
    try (Forwarder forwarder = Forwarder.start(target.address(), LinkSettings.DIRECT);
        Socket client = Target.connect(forwarder);
        Socket server = target.next()) {
      forwarder.cut(Cut.BLACK_HOLE);
      Target.send(client, 5);
      server.setSoTimeout(100);
      assertThatThrownBy(() -> server.getInputStream().read())
          .isInstanceOf(SocketTimeoutException.class);
      server.setSoTimeout(20_000);
      forwarder.restore();
      assertThat(server.getInputStream().read()).isEqualTo(5);
    }
  }

  @Test
  void isOfNoUseOnceItIsClosed() throws Exception {
    Forwarder forwarder = Forwarder.start(target.address(), LinkSettings.DIRECT);
    try (Socket client = Target.connect(forwarder);
        Socket server = target.next()) {
      forwarder.close();
      assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> server.getInputStream().read()).isInstanceOf(IOException.class);
      assertThatThrownBy(forwarder::restore).hasMessageContaining("is closed");
    }
    forwarder.close();
  }

  /** A new connection is accepted by the kernel, and ends without a byte. */
  private static void assertBroken(Forwarder forwarder) {
    assertThatThrownBy(
            () -> {
              try (Socket socket = Target.connect(forwarder)) {
                int read = socket.getInputStream().read();
                throw new AssertionError("The connection carried " + read + ".");
              }
            })
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(SocketTimeoutException.class);
  }

  private static byte[] bytes(long seed, int length) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  /** Sends all and ends the stream, in another thread. */
  private static CompletableFuture<Void> sendInChunks(Socket socket, byte[] bytes, long seed) {
    return CompletableFuture.runAsync(
        () -> {
          Random random = new Random(seed);
          try {
            OutputStream out = socket.getOutputStream();
            for (int sent = 0; sent < bytes.length; ) {
              int bound = random.nextInt(4) == 0 ? 200_000 : 3_000;
              int chunk = Math.min(bytes.length - sent, 1 + random.nextInt(bound));
              out.write(bytes, sent, chunk);
              sent += chunk;
            }
            socket.shutdownOutput();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        Thread::startVirtualThread);
  }

  private static CompletableFuture<byte[]> receive(Socket socket) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return socket.getInputStream().readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        Thread::startVirtualThread);
  }
}
