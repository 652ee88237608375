package io.pageferry.rpc.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DrivenLoopTest {
  private final DrivenLoop loop = new DrivenLoop("driven");

  @AfterEach
  void shutDown() throws InterruptedException {
    var _ = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    assertThat(loop.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void itsCaretakerRunsTasksWhileNobodyDrives() {
    CompletableFuture<Boolean> inLoop = new CompletableFuture<>();
    loop.execute(() -> inLoop.complete(loop.inEventLoop()));
    assertThat(inLoop.join()).isTrue();
    assertThat(loop.inEventLoop()).isFalse();
  }

  @Test
  void theThreadThatDrivesIsTheEventLoop() {
    loop.execute(() -> {});
    assertThat(loop.enter()).isTrue();
    try {
      CompletableFuture<Thread> ranBy = new CompletableFuture<>();
      Thread.ofVirtual().start(() -> loop.execute(() -> ranBy.complete(Thread.currentThread())));
      loop.await(ranBy::isDone);
      assertThat(ranBy).isCompletedWithValue(Thread.currentThread());
      assertThat(loop.inEventLoop()).isTrue();
    } finally {
      loop.exit();
    }
    assertThat(loop.inEventLoop()).isFalse();
  }

  @Test
  void aThreadHasPoolsOfItsOwnWhileItsLifeLasts() {
    DrivenLoop.runWithPools(() -> assertThat(releasedBuffer()).isSameAs(releasedBuffer()));
    assertThat(releasedBuffer()).isNotSameAs(releasedBuffer());
  }

  private static ByteBuf releasedBuffer() {
    ByteBuf buffer = PooledByteBufAllocator.DEFAULT.directBuffer(64);
    var _ = buffer.release();
    // Netty wraps one buffer in a hundred, to look for leaks.
    ByteBuf wrapped = buffer.unwrap();
    return wrapped == null ? buffer : wrapped;
  }

  @Test
  void aWakeIsNotLostWhetherTheDriverPollsOrBlocks() throws InterruptedException {
    loop.execute(() -> {});
    for (int round = 0; round < 300; round++) {
      AtomicBoolean done = new AtomicBoolean();
      CountDownLatch waiting = new CountDownLatch(1);
      long delayMicros = round;
      Thread other =
          Thread.ofPlatform()
              .start(() -> {
                waiting.countDown();
                long until = System.nanoTime() + delayMicros * 1_000;
                while (System.nanoTime() < until) {
                  Thread.onSpinWait();
                }
                done.set(true);
                loop.wake();
              });
      assertThat(loop.enter()).isTrue();
      loop.await(done::get);
      loop.exit();
      waiting.await();
      other.join();
    }
  }

  @Test
  void aDriverThatWaitsRunsWhatIsScheduled() {
    assertThat(loop.enter()).isTrue();
    AtomicInteger runs = new AtomicInteger();
    var _ = loop.scheduleWithFixedDelay(runs::incrementAndGet, 20, 20, TimeUnit.MILLISECONDS);
    long patience = System.nanoTime() + 20_000_000_000L;
    loop.await(() -> runs.get() == 3 || System.nanoTime() > patience);
    loop.exit();
    assertThat(runs).hasValueGreaterThanOrEqualTo(3);
  }

  @Test
  void aDriverThatWaitsForLongTakesHardlyAnyOfACore() {
    assertThat(loop.enter()).isTrue();
    var _ = loop.schedule(() -> {}, 1, TimeUnit.MILLISECONDS);
    AtomicBoolean done = new AtomicBoolean();
    Thread other =
        Thread.ofPlatform()
            .start(() -> {
              LockSupport.parkNanos(2_000_000_000);
              done.set(true);
              loop.wake();
            });
    long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    loop.await(done::get);
    long taken = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before;
    loop.exit();
    assertThat(other).isNotNull();
    assertThat(Duration.ofNanos(taken)).isLessThan(Duration.ofMillis(200));
  }

  @Test
  void aThreadThatEntersAsTheCaretakerKeepsTheLoopGetsIt() throws Exception {
    DrivenLoop contended = new DrivenLoop("contended", 100_000, 500_000);
    contended.execute(() -> {});
    Thread driver =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              Random random = new Random(10);
              long until = System.nanoTime() + 3_000_000_000L;
              while (System.nanoTime() < until && contended.enter()) {
                contended.exit();
                LockSupport.parkNanos(random.nextInt(1_000_000));
              }
            });
    assertThat(driver.join(Duration.ofSeconds(30))).as("every enter returns").isTrue();
    var _ = contended.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    assertThat(contended.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void itsCaretakerLooksAfterTasksBetweenDrives() {
    loop.execute(() -> {});
    assertThat(loop.enter()).isTrue();
    loop.exit();
    CompletableFuture<Thread> ranBy = new CompletableFuture<>();
    loop.execute(() -> ranBy.complete(Thread.currentThread()));
    assertThat(ranBy.join()).isNotEqualTo(Thread.currentThread());
  }

  @Test
  void aShutDownEndsTheWaitAndLetsNobodyEnter() throws Exception {
    loop.execute(() -> {});
    assertThat(loop.enter()).isTrue();
    Thread.ofVirtual()
        .start(() -> {
          var _ = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        });
    loop.await(() -> false);
    loop.exit();
    assertThat(loop.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    assertThat(loop.enter()).isFalse();
  }
}
