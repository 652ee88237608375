package io.pageferry.guest.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.pageferry.guest.Console;
import java.io.DataInput;
import java.io.DataOutput;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BusTest {
  /** A device that is only somewhere. */
  private record Somewhere(String tag, long base, long sizeBytes) implements Device {
    @Override
    public long load(long offset, int size, int vcpu, long retired) {
      return offset;
    }

    @Override
    public int store(long offset, int size, long value, int vcpu, long retired) {
      return GO_ON;
    }

    @Override
    public void save(DataOutput out) {}

    @Override
    public void load(DataInput in) {}
  }

  private static final Device MIDDLE = new Somewhere("middle", 0x2000, 0x1000);

  private static Bus with(long base, long sizeBytes) {
    return new Bus(List.of(MIDDLE, new Somewhere("other", base, sizeBytes)));
  }

  @ParameterizedTest(name = "{1} bytes at {0}")
  @CsvSource({
    "0x2000, 0x1000",
    "0x1fff, 2",
    "0x2fff, 1",
    "0x2800, 8",
    "0, 0x7fffffffffffffff",
  })
  void devicesThatShareAnAddressAreRefusedByName(String base, String size) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> with(Long.decode(base), Long.decode(size)))
        .withMessageContaining("share addresses")
        .withMessageContaining("\"middle\" at 0x2000, 4096 bytes")
        .withMessageContaining("\"other\"");
  }

  @Test
  void devicesWithOneTagAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Bus(List.of(MIDDLE, new Somewhere("middle", 0x9000, 8))))
        .withMessage("Two devices have the tag \"middle\".");
  }

  @ParameterizedTest(name = "{1} bytes at {0}")
  @CsvSource({"0, 0", "0, -1", "-8, 8", "0x7fffffffffffffff, 1", "0x7ffffffffffff000, 0x1000"})
  void aDeviceWithoutARangeIsRefused(String base, String size) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> with(Long.decode(base), Long.decode(size)))
        .withMessageContaining("no range");
  }

  @Test
  void neighboursMayTouchAndEachAnswersInItsOwnRangeOnly() {
    Device below = new Somewhere("below", 0x1000, 0x1000);
    Device above = new Somewhere("above", 0x3000, 4);
    Bus bus = new Bus(List.of(MIDDLE, below, above));
    assertThat(bus.deviceAt(0xfff)).isNull();
    assertThat(bus.deviceAt(0x1000)).isSameAs(below);
    assertThat(bus.deviceAt(0x1fff)).isSameAs(below);
    assertThat(bus.deviceAt(0x2000)).isSameAs(MIDDLE);
    assertThat(bus.deviceAt(0x2fff)).isSameAs(MIDDLE);
    assertThat(bus.deviceAt(0x3003)).isSameAs(above);
    assertThat(bus.deviceAt(0x3004)).isNull();
    assertThat(bus.deviceAt(-1)).isNull();
    assertThat(bus.deviceAt(Long.MIN_VALUE)).isNull();
    assertThat(bus.devices()).containsExactly(MIDDLE, below, above);
  }

  @Test
  void theDevicesOfAMachineAreWhereQemusVirtMachineHasThem() {
    Clint clint = new Clint(1, new GuestClock(true, () -> 0), hart -> {}, () -> 0);
    Bus bus = new Bus(List.of(new Uart(new Console()), clint, new Finisher()));
    assertThat(bus.deviceAt(0x10_0000)).isInstanceOf(Finisher.class);
    assertThat(bus.deviceAt(0x10_1000)).isNull();
    assertThat(bus.deviceAt(0x200_0000)).isSameAs(clint);
    assertThat(bus.deviceAt(0x200_ffff)).isSameAs(clint);
    assertThat(bus.deviceAt(0x1000_00ff)).isInstanceOf(Uart.class);
    assertThat(bus.deviceAt(0x8000_0000L)).isNull();
  }
}
