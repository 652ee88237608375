/**
 * A daemon as a process: {@link io.pageferry.daemon.process.DaemonProcess} starts a {@link
 * io.pageferry.daemon.process.Daemon}, waits for the signal to end, and ends it in time. {@link
 * io.pageferry.daemon.process.Readiness} says whether it takes work, and {@link
 * io.pageferry.daemon.process.Rehearsal} warms it up.
 */
@NullMarked
package io.pageferry.daemon.process;

import org.jspecify.annotations.NullMarked;
