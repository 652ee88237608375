/**
 * What the host gives and takes: memory that is left, time slices of threads, and the end of what
 * was taken.
 */
@NullMarked
package io.pageferry.host;

import org.jspecify.annotations.NullMarked;
