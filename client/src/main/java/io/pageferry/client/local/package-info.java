/** Daemons that this process starts on this host, and ends. */
@NullMarked
package io.pageferry.client.local;

import org.jspecify.annotations.NullMarked;
