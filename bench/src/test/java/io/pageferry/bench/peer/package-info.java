@NullMarked
package io.pageferry.bench.peer;

import org.jspecify.annotations.NullMarked;
