/**
 * What the archive holds beside jars and scripts, made of the programs themselves when the archive
 * is built: manual pages, completion, and the licences of dependencies. Not part of the archive.
 */
@NullMarked
package io.pageferry.dist;

import org.jspecify.annotations.NullMarked;
