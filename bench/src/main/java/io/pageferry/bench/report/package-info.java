/**
 * What a sitting of benchmarks found, and how it is written down. {@link
 * io.pageferry.bench.report.Report} holds runs and bars; it is written as JSON and as a page, and
 * {@link io.pageferry.bench.report.ReportText} says the same on a terminal.
 */
@NullMarked
package io.pageferry.bench.report;

import org.jspecify.annotations.NullMarked;
