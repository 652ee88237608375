@NullMarked
package io.pageferry.bench.sitting;

import org.jspecify.annotations.NullMarked;
