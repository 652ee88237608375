package io.pageferry.bench.result;

/**
 * What runs of one name have in common.
 *
 * @param id what runs call it
 * @param title a heading
 * @param sentence what is done, and what it shows
 */
public record Experiment(String id, String title, String sentence) {}
