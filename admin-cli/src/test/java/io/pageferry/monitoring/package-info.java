/** Metrics as an interface: names, the page that lists them, alert rules, the dashboard. */
@NullMarked
package io.pageferry.monitoring;

import org.jspecify.annotations.NullMarked;
