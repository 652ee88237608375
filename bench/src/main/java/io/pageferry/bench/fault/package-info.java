/** Benchmark of a fault's whole way, between the two daemons in one JVM over loopback TCP. */
@NullMarked
package io.pageferry.bench.fault;

import org.jspecify.annotations.NullMarked;
