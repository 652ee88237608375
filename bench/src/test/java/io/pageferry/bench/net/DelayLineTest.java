package io.pageferry.bench.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DelayLineTest {
  private final DelayLine line = new DelayLine();
  private final Wire wire = new Wire(LinkSettings.ofRoundTrip(Duration.ofNanos(2_000)));

  @Test
  void nothingComesOutBeforeItsTime() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    WritableByteChannel to = Channels.newChannel(out);
    assertThat(line.dueNanos()).isEqualTo(DelayLine.NEVER);
    assertThat(line.fill(channel(new byte[] {1, 2}), wire, 100)).isEqualTo(2);
    assertThat(line.fill(channel(new byte[] {3}), wire, 500)).isEqualTo(1);
    assertThat(line.dueNanos()).isEqualTo(1_100);
    assertThat(line.drain(to, 1_099)).isZero();
    assertThat(line.drain(to, 1_100)).isEqualTo(2);
    assertThat(line.dueNanos()).isEqualTo(1_500);
    assertThat(line.drain(to, 9_000)).isEqualTo(1);
    assertThat(line.isEmpty()).isTrue();
    assertThat(out.toByteArray()).containsExactly(1, 2, 3);
  }

  @Test
  void takesNoMoreThanItsLimitAndThenAgain() throws IOException {
    byte[] source = new byte[DelayLine.LIMIT_BYTES + 1_000];
    new Random(1).nextBytes(source);
    ReadableByteChannel from = channel(source);
    int taken = 0;
    while (line.hasRoom()) {
      taken += line.fill(from, wire, 0);
    }
    assertThat(taken).isEqualTo(DelayLine.LIMIT_BYTES);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThat(line.drain(Channels.newChannel(out), 1_000)).isEqualTo(taken);
    while (taken < source.length) {
      taken += line.fill(from, wire, 0);
    }
    var _ = line.drain(Channels.newChannel(out), 1_000);
    assertThat(out.toByteArray()).isEqualTo(source);
  }

  @Test
  void goesOnWhereASocketTookOnlyAPart() throws IOException {
    byte[] source = new byte[600_000];
    new Random(2).nextBytes(source);
    ReadableByteChannel from = channel(source);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    WritableByteChannel reluctant = new ReluctantChannel(out);
    while (line.fill(from, wire, 0) >= 0) {
      var _ = line.drain(reluctant, 1_000);
    }
    while (!line.isEmpty()) {
      var _ = line.drain(reluctant, 1_000);
    }
    assertThat(out.toByteArray()).isEqualTo(source);
  }

  @Test
  void bytesEnterAWireOneAfterTheOther() {
    Wire gigabit = new Wire(LinkSettings.ofRate(1_000_000_000));
    long now = System.nanoTime() + 1_000_000;
    assertThat(gigabit.enter(1_000, now)).isEqualTo(now + 8_000);
    assertThat(gigabit.enter(1_000, now)).isEqualTo(now + 16_000);
    assertThat(gigabit.enter(1_000, now + 100_000)).isEqualTo(now + 108_000);
    assertThat(gigabit.opensNanos(now)).isLessThanOrEqualTo(now);
    var _ = gigabit.enter(1_000_000, now + 200_000);
    assertThat(gigabit.opensNanos(now)).isEqualTo(now + 8_200_000 - Wire.QUEUE_NANOS);
  }

  private static ReadableByteChannel channel(byte[] bytes) {
    return Channels.newChannel(new ByteArrayInputStream(bytes));
  }

  /** Takes an odd number of bytes at a time, like a full socket. */
  private record ReluctantChannel(ByteArrayOutputStream out) implements WritableByteChannel {
    @Override
    public int write(ByteBuffer bytes) {
      byte[] part = new byte[Math.min(bytes.remaining(), 7_777)];
      bytes.get(part);
      out.writeBytes(part);
      return part.length;
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }
}
