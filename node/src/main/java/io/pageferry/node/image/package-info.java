/**
 * Memory images without a machine: {@code ferry image serve} ({@code ImageServeMain}) serves one,
 * {@code ferry image restore} ({@code ImageRestoreMain}) puts it in place in other processes.
 */
@NullMarked
package io.pageferry.node.image;

import org.jspecify.annotations.NullMarked;
