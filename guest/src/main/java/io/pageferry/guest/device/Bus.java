package io.pageferry.guest.device;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The devices of a machine by address. Immutable; any thread. */
public final class Bus {
  private final List<Device> devices;

  /** The same, and where they are, for a search that neither allocates nor calls a device. */
  private final Device[] byAddress;

  private final long[] bases;
  private final long[] sizes;

  /**
   * A bus with devices.
   *
   * @throws IllegalArgumentException if two of them have an address or the tag in common, or one
   *     lies beyond the last address
   */
  public Bus(List<? extends Device> devices) {
    this.devices = List.copyOf(devices);
    this.byAddress = this.devices.toArray(Device[]::new);
    this.bases = this.devices.stream().mapToLong(Device::base).toArray();
    this.sizes = this.devices.stream().mapToLong(Device::sizeBytes).toArray();
    for (int i = 0; i < byAddress.length; i++) {
      checkRange(byAddress[i]);
      for (int j = 0; j < i; j++) {
        checkApart(byAddress[j], byAddress[i]);
      }
    }
  }

  private static void checkRange(Device device) {
    if (device.sizeBytes() <= 0
        || device.base() < 0
        || device.base() > Long.MAX_VALUE - device.sizeBytes()) {
      throw new IllegalArgumentException(
          "Device " + described(device) + " has no range of addresses.");
    }
  }

  private static void checkApart(Device one, Device other) {
    if (one.base() < other.base() + other.sizeBytes()
        && other.base() < one.base() + one.sizeBytes()) {
      throw new IllegalArgumentException(
          "Two devices share addresses: " + described(one) + " and " + described(other) + ".");
    }
    if (one.tag().equals(other.tag())) {
      throw new IllegalArgumentException("Two devices have the tag \"" + one.tag() + "\".");
    }
  }

  private static String described(Device device) {
    return "\"%s\" at 0x%x, %d bytes".formatted(device.tag(), device.base(), device.sizeBytes());
  }

  /** The device that answers at an address, if one does. */
  public @Nullable Device deviceAt(long address) {
    for (int i = 0; i < byAddress.length; i++) {
      if (Long.compareUnsigned(address - bases[i], sizes[i]) < 0) {
        return byAddress[i];
      }
    }
    return null;
  }

  /** All devices. */
  public List<Device> devices() {
    return devices;
  }
}
