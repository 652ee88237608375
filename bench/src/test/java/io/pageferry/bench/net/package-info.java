/** Links between sockets on loopback and between namespaces. */
@NullMarked
package io.pageferry.bench.net;

import org.jspecify.annotations.NullMarked;
