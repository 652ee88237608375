/** What people see, without a terminal. */
@NullMarked
package io.pageferry.cli.view;

import org.jspecify.annotations.NullMarked;
