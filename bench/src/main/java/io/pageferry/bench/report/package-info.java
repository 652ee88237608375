/** What a sitting of benchmarks found: runs, bars, and how they are written down. */
@NullMarked
package io.pageferry.bench.report;

import org.jspecify.annotations.NullMarked;
