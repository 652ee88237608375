/**
 * PageFerry's own side of the comparisons: two daemons in processes of their own, and the runs they
 * make.
 */
@NullMarked
package io.pageferry.bench.ferry;

import org.jspecify.annotations.NullMarked;
