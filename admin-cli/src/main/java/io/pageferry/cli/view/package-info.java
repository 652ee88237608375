/**
 * Text for people, made of status messages: tables, the live view, progress lines. Pure functions
 * of their input and a width; nothing here prints or knows a daemon, except {@link
 * io.pageferry.cli.view.LiveArea}, which owns a stream.
 */
@NullMarked
package io.pageferry.cli.view;

import org.jspecify.annotations.NullMarked;
