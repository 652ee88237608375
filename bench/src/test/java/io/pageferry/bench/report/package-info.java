/** Reports of made-up sittings. */
@NullMarked
package io.pageferry.bench.report;

import org.jspecify.annotations.NullMarked;
