package io.pageferry.rpc.loop;

import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoRegistration;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * An event loop that the thread which waits for its messages drives itself, so that neither request
 * nor answer passes from one thread to another.
 *
 * <p>A thread {@link #enter}s, sends, {@link #await}s and {@link #exit}s; between enter and exit it
 * is the event loop. The loop's own thread, its caretaker, is the event loop at other times: it
 * blocks on the connection while nobody drives, and looks after it every few milliseconds while
 * somebody does, so that keep-alives, closes and tasks of other threads go on.
 */
public final class DrivenLoop extends SingleThreadIoEventLoop {
  private static final long TASK_NANOS = 1_000_000;
  private static final long CARETAKER_NANOS = 20_000_000;
  private static final long LEFT_ALONE_NANOS = 500_000_000;

  private final AtomicReference<@Nullable Thread> driver = new AtomicReference<>();
  private final AdaptiveWait wait = new AdaptiveWait();
  private final UnblockedIo unblocked = new UnblockedIo();
  private final long caretakerNanos;
  private final long leftAloneNanos;

  /**
   * When a thread last asked to drive. INVARIANT: the caretaker only reads it, so that it never
   * overlooks a thread that has just asked.
   */
  private volatile long drivenNanos;

  /** A loop whose caretaker has this name. */
  public DrivenLoop(String name) {
    this(name, CARETAKER_NANOS, LEFT_ALONE_NANOS);
  }

  /**
   * A loop.
   *
   * @param caretakerNanos how often the caretaker looks after a loop that is driven
   * @param leftAloneNanos after how long without a driver it keeps the loop to itself
   */
  DrivenLoop(String name, long caretakerNanos, long leftAloneNanos) {
    super(null, new DefaultThreadFactory(name, true), LeastLoadedLoops.handlers());
    this.caretakerNanos = caretakerNanos;
    this.leftAloneNanos = leftAloneNanos;
    drivenNanos = System.nanoTime() - leftAloneNanos;
  }

  /**
   * The life of a thread that drives loops; Netty then keeps buffers and other objects for the
   * thread to use again, as it does for its own threads, until {@code life} ends. Without this the
   * thread can drive loops as well, and allocates more.
   */
  public static void runWithPools(Runnable life) {
    FastThreadLocalThread.runWithFastThreadLocal(life);
  }

  @Override
  public boolean inEventLoop(Thread thread) {
    return driver.get() == thread;
  }

  /** The caretaker's life. */
  @Override
  protected void run() {
    takeOver();
    ioHandler().initialize();
    boolean over;
    do {
      if (isDriven()) {
        var _ = ioHandler().run(unblocked);
      } else {
        var _ = runIo();
      }
      if (isShuttingDown()) {
        ioHandler().prepareToDestroy();
      }
      runAllTasks(TASK_NANOS);
      over = confirmShutdown();
      if (!over && isDriven()) {
        standBack();
      }
    } while (!over);
  }

  private boolean isDriven() {
    return System.nanoTime() - drivenNanos < leftAloneNanos;
  }

  private void standBack() {
    driver.set(null);
    LockSupport.parkNanos(caretakerNanos);
    takeOver();
  }

  private void takeOver() {
    while (!driver.compareAndSet(null, Thread.currentThread())) {
      LockSupport.parkNanos(caretakerNanos);
    }
  }

  /**
   * Makes the calling thread the event loop.
   *
   * @return whether it is; false once the loop shuts down
   */
  public boolean enter() {
    drivenNanos = System.nanoTime();
    while (!driver.compareAndSet(null, Thread.currentThread())) {
      if (isShuttingDown()) {
        return false;
      }
      ioHandler().wakeup();
      LockSupport.parkNanos(1);
      drivenNanos = System.nanoTime();
    }
    if (isShuttingDown()) {
      driver.set(null);
      return false;
    }
    return true;
  }

  /**
   * Has {@code action} run on the event loop whenever a descriptor is readable. Between enter and
   * exit, with native epoll only. The descriptor stays the caller's, and open for as long.
   *
   * @return ends it, once; also between enter and exit
   */
  public Runnable watch(int descriptor, Runnable action) {
    IoRegistration watched =
        register(new WatchedDescriptor(descriptor, action)).syncUninterruptibly().getNow();
    watched.submit(EpollIoOps.EPOLLIN);
    return () -> {
      var _ = watched.cancel();
    };
  }

  /** Runs what has been handed to the loop, such as writes. Between enter and exit. */
  public void flush() {
    var _ = runAllTasks(TASK_NANOS);
  }

  /** Handles what has come, without waiting. Between enter and exit. */
  public void look() {
    var _ = ioHandler().run(unblocked);
    flush();
  }

  /**
   * Handles messages and runs tasks, also scheduled ones, until {@code done}, which is asked after
   * each, and after {@link #wake}; or until the loop shuts down. Between enter and exit.
   */
  public void await(BooleanSupplier done) {
    long start = System.nanoTime();
    long look = start;
    long pollUntil = start + wait.pollNanos(start);
    while (!done.getAsBoolean() && !isShuttingDown()) {
      if (look < pollUntil) {
        boolean idle = ioHandler().run(unblocked) == 0 && !hasTasks();
        look = idle ? wait.foundNothing(look) : System.nanoTime();
        if (hasTasks()) {
          flush();
        }
      } else {
        var _ = ioHandler().run(new Blocking(done));
        // Also the scheduled tasks that are due, such as keep-alives: while one is, nothing blocks.
        flush();
      }
    }
    wait.waited(System.nanoTime() - start);
  }

  /** Makes the calling thread an ordinary one again. */
  public void exit() {
    try {
      flush();
    } finally {
      driver.set(null);
    }
  }

  /** Makes a thread in {@link #await} ask its condition again. Any thread. */
  public void wake() {
    ioHandler().wakeup();
  }

  /** Lets the loop's I/O block until there is something to do, or {@code done} is true. */
  private final class Blocking implements IoHandlerContext {
    private final BooleanSupplier done;

    Blocking(BooleanSupplier done) {
      this.done = done;
    }

    @Override
    public boolean canBlock() {
      return !hasTasks() && !hasScheduledTasks() && !done.getAsBoolean();
    }

    @Override
    public long delayNanos(long currentTimeNanos) {
      return DrivenLoop.this.delayNanos(currentTimeNanos);
    }

    @Override
    public long deadlineNanos() {
      return DrivenLoop.this.deadlineNanos();
    }
  }
}
