/**
 * What users of the emulated machine see of it.
 *
 * <p>Start at {@link io.pageferry.guest.Machine}: a guest's memory, vCPUs and devices, paused,
 * running or stopped. {@link io.pageferry.guest.MachineSpec} says what it is made of. {@link
 * io.pageferry.guest.machine.Machines} makes one. A vCPU is driven through {@link
 * io.pageferry.guest.Vcpu} in KVM's terms: {@code run()} returns a {@link
 * io.pageferry.guest.VcpuExit}, and a {@link io.pageferry.guest.FaultHandler} resolves those that
 * say that a page is missing. {@link io.pageferry.guest.Console} is the host's end of the serial
 * port.
 *
 * <p>The other packages of the module, from the bottom up:
 *
 * <ul>
 *   <li>{@code state}: the format in which a machine that does not run travels
 *   <li>{@code device}: the devices and the bus on which a vCPU finds them
 *   <li>{@code riscv}: harts, which execute RISC-V instructions
 *   <li>{@code synthetic}: vCPUs without instructions, which access pages in a pattern
 *   <li>{@code program}: what is in a guest's memory before it starts
 *   <li>{@code machine}: puts the parts together, runs their threads, pauses, saves and restores
 * </ul>
 *
 * <p>The module knows memory. It knows nothing of networks or migration.
 */
@NullMarked
package io.pageferry.guest;

import org.jspecify.annotations.NullMarked;
