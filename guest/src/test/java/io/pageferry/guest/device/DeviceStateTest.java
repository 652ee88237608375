package io.pageferry.guest.device;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pageferry.guest.Console;
import io.pageferry.guest.state.MalformedStateException;
import io.pageferry.guest.state.StatePart;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each device saves and loads itself. */
class DeviceStateTest {
  private static final int HARTS = 3;

  private final Console console = new Console();
  private final Uart uart = new Uart(console);

  private static Clint clint() {
    return new Clint(HARTS, new GuestClock(true, () -> 0), hart -> {}, () -> 0);
  }

  private static byte[] save(StatePart part) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    part.save(new DataOutputStream(bytes));
    return bytes.toByteArray();
  }

  private static void load(byte[] saved, StatePart part) throws IOException {
    ByteArrayInputStream bytes = new ByteArrayInputStream(saved);
    part.load(new DataInputStream(bytes));
    assertThat(bytes.available()).as("bytes of \"%s\" left", part.tag()).isZero();
  }

  /** Two devices of each kind, the first of which has been used. */
  private static Stream<Device[]> pairs() {
    Device[][] pairs = {
      {new Finisher(), new Finisher()},
      {clint(), clint()},
      {new Uart(new Console()), new Uart(new Console())},
      {new Dma(HARTS, hart -> {}), new Dma(HARTS, hart -> {})},
    };
    for (Device[] pair : pairs) {
      use(pair[0]);
    }
    return Stream.of(pairs);
  }

  /** Stores another value to each word. */
  private static void use(Device device) {
    for (long offset = 0; offset < Math.min(device.sizeBytes(), 0xc000); offset += 4) {
      int size = offset < 8 ? 1 : Integer.BYTES;
      var _ = device.store(offset, size, 0x1234_5601L + offset * 7, 0, 40);
      var _ = device.store(offset + 1, 1, 0x8a, 0, 41);
    }
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void aDeviceThatLoadsWhatAnotherSavedCannotBeToldFromIt(Device used, Device fresh)
      throws IOException {
    byte[] saved = save(used);
    load(saved, fresh);
    assertThat(save(fresh)).isEqualTo(saved);
    for (long offset = 0; offset < used.sizeBytes(); offset++) {
      assertThat(fresh.load(offset, 1, 0, 100)).isEqualTo(used.load(offset, 1, 0, 100));
    }
  }

  @Test
  void theUartKeepsItsRegistersItsOutputAndTheInputThatWaits() throws IOException {
    store(uart, 3, 0x80);
    store(uart, 0, 0x11);
    store(uart, 1, 0x22);
    store(uart, 3, 0x03);
    store(uart, 1, 0x05);
    store(uart, 4, 0x0b);
    store(uart, 7, 0x77);
    for (byte letter : "hello".getBytes(US_ASCII)) {
      store(uart, 0, letter);
    }
    assertThat(console.send("xyz".getBytes(US_ASCII))).isTrue();
    assertThat(uart.load(0, 1, 0, 0)).isEqualTo('x');

    Console otherConsole = new Console();
    Uart other = new Uart(otherConsole);
    load(save(uart), other);

    assertThat(otherConsole.read(0)).isEqualTo("hello".getBytes(US_ASCII));
    assertThat(other.load(0, 1, 0, 0)).isEqualTo('y');
    assertThat(other.load(0, 1, 0, 0)).isEqualTo('z');
    assertThat(other.load(5, 1, 0, 0) & 1).as("data ready").isZero();
    assertThat(other.load(1, 1, 0, 0)).isEqualTo(5);
    assertThat(other.load(3, 1, 0, 0)).isEqualTo(3);
    assertThat(other.load(4, 1, 0, 0)).isEqualTo(0x0b);
    assertThat(other.load(7, 1, 0, 0)).isEqualTo(0x77);
    store(other, 3, 0x80);
    assertThat(other.load(0, 1, 0, 0)).isEqualTo(0x11);
    assertThat(other.load(1, 1, 0, 0)).isEqualTo(0x22);
  }

  private static void store(Device device, long offset, long value) {
    assertThat(device.store(offset, 1, value, 0, 0)).isEqualTo(Device.GO_ON);
  }

  @Test
  void aConsoleThatHasWrappedKeepsItsLengthAndItsLastBytes() throws IOException {
    for (int i = 0; i < Console.CAPACITY + 1000; i++) {
      store(uart, 0, i * 31L);
    }
    Console other = new Console();
    load(save(uart), new Uart(other));
    assertThat(other.length()).isEqualTo(Console.CAPACITY + 1000);
    assertThat(other.read(0)).isEqualTo(console.read(0)).hasSize(Console.CAPACITY);
    assertThat(other.clamp(0)).isEqualTo(1000);
  }

  @Test
  void theClintKeepsInterruptsDeadlinesAndTheTime() throws IOException {
    Clint first = clint();
    var _ = first.store(4, 4, 1, 0, 0);
    var _ = first.store(0x4000 + 16, 8, 77, 0, 0);
    var _ = first.store(0xbff8, 8, 5000, 0, 100);
    Clint second = clint();
    load(save(first), second);
    assertThat(second.softwarePending(0)).isFalse();
    assertThat(second.softwarePending(1)).isTrue();
    assertThat(second.deadline(0)).isEqualTo(-1);
    assertThat(second.deadline(2)).isEqualTo(77);
    assertThat(second.time(0, 200)).isEqualTo(5010);
  }

  @Test
  void theFinisherSavesNothingAndEndsTheGuestAtItsFirstAddressOnly() throws IOException {
    Finisher finisher = new Finisher();
    assertThat(save(finisher)).isEmpty();
    assertThat(finisher.store(0, 4, 0x5555, 0, 0)).isZero();
    assertThat(finisher.store(0, 4, 0x7_3333, 0, 0)).isEqualTo(7);
    assertThat(finisher.store(0, 4, 0x1234, 0, 0)).isEqualTo(Device.GO_ON);
    assertThat(finisher.store(4, 4, 0x5555, 0, 0)).isEqualTo(Device.GO_ON);
    assertThat(finisher.load(0, 4, 0, 0)).isZero();
  }

  @Test
  void aConsoleThatNobodyCanHaveSavedIsRefused() throws IOException {
    store(uart, 0, 'a');
    byte[] saved = save(uart);
    int length = 6;
    assertRefused(changed(saved, length, (byte) 0x80), "negative length");
    assertRefused(changed(saved, length + 7, (byte) 2), "tail is incomplete");
    assertRefused(changed(saved, length + 8, (byte) 0x7f), "at most 65536");
    assertRefused(changed(saved, length + 8, (byte) 0xff), "at most 65536");
    assertRefused(changed(saved, length + 13, (byte) 1), "at most 4096");
  }

  private static byte[] changed(byte[] saved, int index, byte value) {
    byte[] copy = Arrays.copyOf(saved, saved.length);
    copy[index] = value;
    return copy;
  }

  private static void assertRefused(byte[] saved, String complaint) {
    assertThatThrownBy(() -> load(saved, new Uart(new Console())))
        .isInstanceOf(MalformedStateException.class)
        .hasMessageStartingWith("The machine state is malformed: ")
        .hasMessageContaining(complaint)
        .hasMessageEndingWith(".");
  }
}
