/**
 * The devices of a machine and the bus on which vCPUs find them, at the addresses of QEMU's {@code
 * virt} machine.
 *
 * <p>A {@link io.pageferry.guest.device.Device} has a range of addresses, answers loads and stores
 * in it, and saves and loads itself under its tag. The {@link io.pageferry.guest.device.Bus} finds
 * the device of an address. The devices are the {@link io.pageferry.guest.device.Finisher}, with
 * which a guest ends itself; the {@link io.pageferry.guest.device.Clint}, which has the {@link
 * io.pageferry.guest.device.GuestClock} and raises timer and software interrupts; the {@link
 * io.pageferry.guest.device.Uart}, behind which is the console; and the {@link
 * io.pageferry.guest.device.Dma}, which works on guest memory by itself. To add one: implement
 * {@code Device}, and put it on the bus where the machine is made.
 *
 * <p>An access by a device to guest memory is not an access by a vCPU: it cannot leave {@code
 * Vcpu.run()} with a memory fault and be tried again. So this package knows neither vCPUs nor
 * memory slots. A device that needs guest memory works on a thread of its own, and gets memory as
 * {@link io.pageferry.guest.device.DeviceMemory}, where it waits at a missing page.
 */
@NullMarked
package io.pageferry.guest.device;

import org.jspecify.annotations.NullMarked;
