/**
 * The format in which a machine that does not run travels: a header, and then one section for each
 * of its parts. {@code docs/protocol.md} describes the bytes.
 *
 * <p>Each device and vCPU is a {@link io.pageferry.guest.state.StatePart}: it has a tag, and writes
 * and reads its own section. {@link io.pageferry.guest.state.StateWriter} and {@link
 * io.pageferry.guest.state.StateReader} know sections, not what is in them. The bytes may come from
 * anyone: {@link io.pageferry.guest.state.MalformedStateException} names the section that cannot be
 * right.
 */
@NullMarked
package io.pageferry.guest.state;

import org.jspecify.annotations.NullMarked;
