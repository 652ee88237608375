package io.pageferry.cli.view;

/**
 * Size of a screen in characters.
 *
 * @param columns its width
 * @param rows its height
 */
public record Size(int columns, int rows) {}
