/**
 * Races of bitmaps, page states, waiters and installation, under jcstress: each test lists the
 * outcomes that are legal, and why. An outcome that is not listed fails the build.
 *
 * <p>A test's state is made anew for each try, millions of times. So it takes pages from {@link
 * io.pageferry.stress.StressPages}, which makes memory and states for thousands of tries at once.
 */
@NullMarked
package io.pageferry.stress;

import org.jspecify.annotations.NullMarked;
