/**
 * Text that comes from outside: from people, from peers, from guests. {@link
 * io.pageferry.text.PlainText} makes any of it safe to print; {@link io.pageferry.text.GuestName}
 * says what a guest may be called. No dependencies.
 */
@NullMarked
package io.pageferry.text;

import org.jspecify.annotations.NullMarked;
