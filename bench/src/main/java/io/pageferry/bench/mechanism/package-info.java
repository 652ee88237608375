/**
 * Fault mechanisms compared: the same guest, wire and installation under each, and the cost of
 * their state alone. {@link io.pageferry.bench.mechanism.MechanismsCommand} is the way in.
 */
@NullMarked
package io.pageferry.bench.mechanism;

import org.jspecify.annotations.NullMarked;
