/** The commands that ask daemons once and show what they answer. */
@NullMarked
package io.pageferry.cli.status;

import org.jspecify.annotations.NullMarked;
