/**
 * The emulated machine. Start at {@link io.pageferry.guest.Machine}; a vCPU is driven through
 * {@link io.pageferry.guest.Vcpu} in KVM's terms. Knows memory; knows nothing of networks or
 * migration.
 */
@NullMarked
package io.pageferry.guest;

import org.jspecify.annotations.NullMarked;
