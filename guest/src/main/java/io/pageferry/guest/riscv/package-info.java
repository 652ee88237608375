/**
 * A RISC-V hart: RV64IMA with Zicsr and Zifencei, in machine mode.
 *
 * <p>{@link io.pageferry.guest.riscv.Hart} is all that other packages see. Read in this order:
 *
 * <ol>
 *   <li>{@code Hart}: looks for kicks, limits and interrupts, then lets the interpreter execute
 *   <li>{@code HartContext}: the registers, and why execution stopped
 *   <li>{@code Op}, {@code Decoder}, {@code CodePage}, {@code CodeCache}: an instruction is decoded
 *       once, into one {@code long}
 *   <li>{@code Interpreter}: the loop; what is slow or rare is in {@code Division}, {@code Atomics}
 *       and {@code Csrs}
 *   <li>{@code HartMemory}: the software TLB in front of the slots and the bus; here an access
 *       meets the userfault bit
 *   <li>{@code HostMemory}: the host's memory by address, for accesses that the TLB permits
 *   <li>{@code Csrs}, {@code Trap}: control and status registers, interrupts and exceptions
 * </ol>
 */
@NullMarked
package io.pageferry.guest.riscv;

import org.jspecify.annotations.NullMarked;
