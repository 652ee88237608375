/**
 * The ways in which a hypervisor can stop accesses to missing pages, each an implementation of
 * {@link io.pageferry.fault.FaultMechanism}. {@link io.pageferry.fault.mechanism.MechanismKind}
 * lists them; docs/mechanisms.md compares them.
 */
@NullMarked
package io.pageferry.fault.mechanism;

import org.jspecify.annotations.NullMarked;
