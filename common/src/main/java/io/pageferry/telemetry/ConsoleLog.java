package io.pageferry.telemetry;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import ch.qos.logback.core.encoder.Encoder;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Writes log lines to standard error on a thread of its own. A console that takes nothing, such as
 * a terminal after Ctrl-S or a pipe that nobody reads, therefore holds up nobody who logs.
 *
 * <p>Lines that wait take {@link #CAPACITY_BYTES} at most. While there is no room, further lines
 * are dropped and counted; the log says how many, once it can be written again. {@link #stop} waits
 * for a short time until what is queued is written.
 *
 * <p>Made and configured by Logback ({@code logback.xml}); any thread appends.
 */
public final class ConsoleLog extends UnsynchronizedAppenderBase<ILoggingEvent> {
  /** Most bytes of lines that wait. */
  static final int CAPACITY_BYTES = 1 << 20;

  private static final Duration FLUSH_PATIENCE = Duration.ofSeconds(1);

  /** No line is empty. */
  private static final byte[] END = {};

  private final OutputStream out;
  private final BlockingQueue<byte[]> lines = new LinkedBlockingQueue<>();
  private final Semaphore room = new Semaphore(CAPACITY_BYTES);
  private final AtomicLong dropped = new AtomicLong();
  private final Thread writer =
      Thread.ofPlatform().daemon().name("log").unstarted(this::writeLines);
  private @Nullable Encoder<ILoggingEvent> encoder;

  /** The process's standard error. */
  public ConsoleLog() {
    this(new FileOutputStream(FileDescriptor.err));
  }

  /** Another stream in its place. */
  ConsoleLog(OutputStream out) {
    this.out = out;
  }

  /** How an event becomes a line. Before {@link #start}. */
  public void setEncoder(Encoder<ILoggingEvent> encoder) {
    this.encoder = encoder;
  }

  /** How an event becomes a line. */
  public Encoder<ILoggingEvent> getEncoder() {
    return Objects.requireNonNull(encoder, "A ConsoleLog needs an encoder.");
  }

  @Override
  public void start() {
    if (encoder == null) {
      addError("A ConsoleLog needs an encoder.");
      return;
    }
    writer.start();
    super.start();
  }

  @Override
  protected void append(ILoggingEvent event) {
    byte[] line = getEncoder().encode(event);
    if (line.length > 0 && room.tryAcquire(line.length)) {
      lines.add(line);
    } else {
      dropped.incrementAndGet();
    }
  }

  private void writeLines() {
    try {
      for (byte[] line = lines.take(); line.length > 0; line = lines.take()) {
        write(line);
        room.release(line.length);
        if (lines.isEmpty()) {
          tellDropped();
        }
      }
      tellDropped();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void tellDropped() {
    long count = dropped.getAndSet(0);
    if (count > 0 && getContext() instanceof LoggerContext context) {
      write(
          getEncoder()
              .encode(
                  new LoggingEvent(
                      ConsoleLog.class.getName(),
                      context.getLogger(ConsoleLog.class),
                      Level.WARN,
                      "Standard error did not take the log for a while; {} lines were dropped.",
                      null,
                      new Object[] {count})));
    }
  }

  private void write(byte[] line) {
    try {
      out.write(line);
    } catch (IOException _) {
      // Nobody is left to be told.
    }
  }

  /** Writes what is queued, unless that takes longer than a second. */
  @Override
  public void stop() {
    if (!isStarted()) {
      return;
    }
    super.stop();
    lines.add(END);
    try {
      var _ = writer.join(FLUSH_PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
