/**
 * What Prometheus is told of a daemon's guests: {@link io.pageferry.daemon.meters.GuestMeters}
 * names every metric, and makes all of them anew at each scrape.
 */
@NullMarked
package io.pageferry.daemon.meters;

import org.jspecify.annotations.NullMarked;
