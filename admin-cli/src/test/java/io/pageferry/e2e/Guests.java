package io.pageferry.e2e;

import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.ProgramParameters;

/** Guests for tests. Stateless. */
public final class Guests {
  private Guests() {}

  /** A bundled program in a little memory. */
  public static LoadGuestRequest.Builder program(String name, int vcpus, int mebibytes, long seed) {
    return LoadGuestRequest.newBuilder()
        .setBundledProgram(name)
        .setVcpuCount(vcpus)
        .setMemoryBytes((long) mebibytes << 20)
        .setParameters(ProgramParameters.newBuilder().setSeed(seed));
  }

  /** The seed of a test: {@code -Dpageferry.seed}, else a new one. To be printed on failure. */
  static long seed() {
    return Long.getLong("pageferry.seed", System.nanoTime() & 0xffff_ffffL);
  }
}
