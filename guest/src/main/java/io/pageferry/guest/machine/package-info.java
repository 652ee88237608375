/**
 * Puts a machine together and runs it. {@link io.pageferry.guest.machine.Machines} is all that
 * other packages see.
 *
 * <p>{@code EmulatedMachine} makes vCPUs and devices from a {@link io.pageferry.guest.MachineSpec}.
 * {@code MachineThreads} are its threads: one for each vCPU, and one for the DMA device, which
 * {@code DmaWorker} drives and which sees memory through {@code TrappedMemory}. {@code Gate} is
 * where they wait while the machine is paused. {@code MachineState} saves all parts of a machine
 * that does not run, and restores a machine from what was saved; {@code SpecSection} does so for
 * what it is made of.
 */
@NullMarked
package io.pageferry.guest.machine;

import org.jspecify.annotations.NullMarked;
