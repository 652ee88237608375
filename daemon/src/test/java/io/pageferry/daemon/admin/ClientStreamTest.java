package io.pageferry.daemon.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.Context;
import io.grpc.stub.ServerCallStreamObserver;
import io.pageferry.daemon.guest.HostedGuest;
import io.pageferry.daemon.guest.TestGuests;
import io.pageferry.guest.Console;
import io.pageferry.migration.ExecutionFence;
import io.pageferry.proto.v1.ReadConsoleRequest;
import io.pageferry.proto.v1.WatchStatusRequest;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that ask for a stream, and then take no more of it or go away. */
@Timeout(120)
class ClientStreamTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final AdminServiceTest.ToldDaemon daemon = new AdminServiceTest.ToldDaemon();
  private final HostedGuest guest = TestGuests.guest(ExecutionFence.held(1));
  private final AdminService service = new AdminService(daemon);
  private final Context.CancellableContext call = Context.ROOT.withCancellation();

  ClientStreamTest() {
    daemon.guest = guest;
  }

  @AfterEach
  void close() {
    var _ = call.cancel(null);
    guest.close();
  }

  /** Takes so many messages and no more, without going away. */
  private static final class StoppingReader<T> extends ServerCallStreamObserver<T> {
    private final int most;
    final AtomicInteger sent = new AtomicInteger();

    StoppingReader(int most) {
      this.most = most;
    }

    @Override
    public boolean isReady() {
      return sent.get() < most;
    }

    @Override
    public void onNext(T message) {
      var _ = sent.incrementAndGet();
    }

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public void setOnCancelHandler(Runnable handler) {}

    @Override
    public void setCompression(String compression) {}

    @Override
    public void disableAutoInboundFlowControl() {}

    @Override
    public void setOnReadyHandler(Runnable handler) {}

    @Override
    public void request(int count) {}

    @Override
    public void setMessageCompression(boolean enable) {}

    @Override
    public void onError(Throwable error) {}

    @Override
    public void onCompleted() {}
  }

  private Thread serve(Runnable work) {
    return Thread.ofPlatform().daemon().start(call.wrap(work));
  }

  @Test
  void aConsoleReaderThatStopsIsSentNothingMore() throws Exception {
    StoppingReader<io.pageferry.proto.v1.ReadConsoleResponse> reader = new StoppingReader<>(1);
    Console console = guest.machine().console();
    Thread serving =
        serve(() ->
            service.readConsole(ReadConsoleRequest.newBuilder().setFollow(true).build(), reader));
    console.transmit((byte) 'x');
    await().atMost(PATIENCE).until(() -> reader.sent.get() == 1);
    long end = System.nanoTime() + Duration.ofMillis(700).toNanos();
    while (System.nanoTime() < end) {
      console.transmit((byte) 'x');
    }
    assertThat(reader.sent).hasValue(1);
    var _ = call.cancel(null);
    assertThat(serving.join(PATIENCE)).as("It ends when the reader goes away.").isTrue();
  }

  @Test
  void aStatusIsNotWatchedOnForAClientThatHasGone() throws Exception {
    StoppingReader<io.pageferry.proto.v1.Status> reader = new StoppingReader<>(1000);
    WatchStatusRequest everyHour =
        WatchStatusRequest.newBuilder().setIntervalMillis(3_600_000).build();
    Thread serving = serve(() -> service.watchStatus(everyHour, reader));
    await().atMost(PATIENCE).until(() -> reader.sent.get() == 1);
    var _ = call.cancel(null);
    assertThat(serving.join(Duration.ofSeconds(30))).as("It has ended.").isTrue();
  }
}
