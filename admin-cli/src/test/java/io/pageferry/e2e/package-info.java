/**
 * Whole migrations over real sockets. {@link io.pageferry.e2e.DaemonPair} has both daemons in this
 * JVM; where a process must die, {@link io.pageferry.e2e.JavaProgram} runs them as processes.
 */
@NullMarked
package io.pageferry.e2e;

import org.jspecify.annotations.NullMarked;
