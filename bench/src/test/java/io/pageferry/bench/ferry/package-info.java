@NullMarked
package io.pageferry.bench.ferry;

import org.jspecify.annotations.NullMarked;
