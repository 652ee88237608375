/**
 * {@code ferry demo}: a whole migration on this host, and the proof that nothing was lost.
 *
 * <p>{@link io.pageferry.cli.demo.DemoCommand} makes a {@link
 * io.pageferry.client.local.LocalDaemons} (two daemon processes and their files) for each {@link
 * io.pageferry.cli.demo.DemoRun}, which gives a {@link io.pageferry.cli.demo.RunReport}. Reports
 * become text in {@link io.pageferry.cli.demo.ReportView} and JSON in {@link
 * io.pageferry.cli.demo.ReportJson}.
 */
@NullMarked
package io.pageferry.cli.demo;

import org.jspecify.annotations.NullMarked;
