/** The {@code ferry} script, run as a user runs it. */
@NullMarked
package io.pageferry.launcher;

import org.jspecify.annotations.NullMarked;
