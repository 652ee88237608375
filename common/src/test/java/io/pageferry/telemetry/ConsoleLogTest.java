package io.pageferry.telemetry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ConsoleLogTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final LoggerContext context = new LoggerContext();
  private final Logger logger = context.getLogger("io.pageferry.Example");
  private final StuckConsole console = new StuckConsole();
  private final ConsoleLog log = new ConsoleLog(console);

  ConsoleLogTest() {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern("%level %msg%n");
    encoder.start();
    log.setContext(context);
    log.setEncoder(encoder);
    log.start();
  }

  /** Takes nothing until it is let go, as a terminal after Ctrl-S. */
  private static final class StuckConsole extends OutputStream {
    final CountDownLatch open = new CountDownLatch(1);
    private final ByteArrayOutputStream taken = new ByteArrayOutputStream();

    @Override
    public void write(int value) {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      try {
        open.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      synchronized (taken) {
        taken.write(bytes, offset, length);
      }
    }

    String text() {
      synchronized (taken) {
        return taken.toString(UTF_8);
      }
    }
  }

  @AfterEach
  void end() {
    console.open.countDown();
    log.stop();
  }

  private void say(String message) {
    log.doAppend(new LoggingEvent("", logger, Level.INFO, message, null, new Object[0]));
  }

  @Test
  void aConsoleThatTakesNothingHoldsUpNobodyAndIsToldOfTheLinesItMissed() {
    int lines = 50_000;
    for (int line = 0; line < lines; line++) {
      say("line " + line + " of a log that nobody reads for quite a while");
    }
    console.open.countDown();
    await().atMost(PATIENCE).until(() -> console.text().contains("lines were dropped"));
    String[] taken = console.text().split("\n", -1);
    String last = taken[taken.length - 2];
    assertThat(last).matches("WARN .*; \\d+ lines were dropped\\.");
    long dropped = Long.parseLong(last.replaceAll("\\D+", ""));
    assertThat(dropped).isPositive().isEqualTo(lines - (taken.length - 2));
    assertThat(console.text().length()).isLessThan(ConsoleLog.CAPACITY_BYTES + 1000);
  }

  @Test
  void whatIsQueuedIsWrittenBeforeTheEnd() {
    say("first");
    say("last");
    console.open.countDown();
    log.stop();
    assertThat(console.text()).isEqualTo("INFO first\nINFO last\n");
  }

  @Test
  void theEndDoesNotWaitForAConsoleThatTakesNothing() {
    say("never seen");
    log.stop();
    assertThat(console.text()).isEmpty();
  }
}
