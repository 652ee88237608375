package io.pageferry.guest.program;

/**
 * What a bundled program is told, besides the size of RAM and the number of harts.
 *
 * @param seed seed of anything pseudo-random
 * @param limit units of work after which the program checks itself and ends; 0 is never
 * @param randomOrder whether pages are visited in pseudo-random order instead of by address
 */
public record ProgramParameters(long seed, long limit, boolean randomOrder) {
  /** Seed 1, no limit, order of address. */
  public static final ProgramParameters DEFAULT = new ProgramParameters(1, 0, false);
}
