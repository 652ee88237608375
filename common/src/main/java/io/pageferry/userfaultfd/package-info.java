/**
 * Linux's userfaultfd through {@code java.lang.foreign}: a descriptor that reports accesses to
 * missing pages of registered memory, of this process or of another one, and through which such
 * pages get their bytes.
 *
 * <p>Read in this order: {@link io.pageferry.userfaultfd.Userfaultfd} (the descriptor), {@link
 * io.pageferry.userfaultfd.UserfaultCaller} (how a thread puts pages in place), {@link
 * io.pageferry.userfaultfd.UserfaultEvents} (how a thread learns of accesses), {@link
 * io.pageferry.userfaultfd.NativeTouch} (how a Java thread may access such memory).
 *
 * <p>INVARIANT: no Java code accesses a missing page of registered memory. The thread would stop
 * inside a load, where it cannot reach a safepoint; the next garbage collection would stop the
 * whole JVM, and with it the threads that bring the page.
 *
 * <p>Source: {@code userfaultfd(2)}, {@code ioctl_userfaultfd(2)} and the kernel's {@code
 * uapi/linux/userfaultfd.h}.
 */
@NullMarked
package io.pageferry.userfaultfd;

import org.jspecify.annotations.NullMarked;
