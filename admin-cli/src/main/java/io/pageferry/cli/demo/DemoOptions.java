package io.pageferry.cli.demo;

import io.pageferry.client.FerryException;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.AccessPattern;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.ProgramParameters;
import io.pageferry.proto.v1.SyntheticWorkload;
import java.util.List;

/**
 * What a demo moves. Validated.
 *
 * @param guest what runs
 * @param memoryBytes size of its RAM
 * @param vcpus its vCPUs
 * @param workload order in which pages are touched; empty where the guest has no choice
 * @param seed seed of whatever is pseudo-random
 */
public record DemoOptions(Guest guest, long memoryBytes, int vcpus, String workload, long seed) {
  /** Guests that a demo can move. */
  public enum Guest {
    /** A hash table that verifies every value it reads. */
    kv,
    /** Increments a byte in each page for ever. */
    counter,
    /** Touches one byte a page, and keeps a histogram of its stalls. */
    touch,
    /** All harts, spinlocks and atomics, an invariant at the end. */
    smp,
    /** A DMA device copies blocks all over memory, and the processor verifies each. */
    dma,
    /** The same, with all other memory private to the guest. */
    confidential,
    /** No instructions: an access pattern. */
    synthetic;

    /** Workloads to choose from, the default first; empty when there is no choice. */
    List<String> workloads() {
      return switch (this) {
        case kv, counter, smp, dma, confidential -> List.of();
        case touch -> List.of("sequential", "random");
        case synthetic -> List.of("working-set", "sequential", "uniform", "zipfian");
      };
    }

    /** vCPUs when none are asked for. */
    int defaultVcpus() {
      return this == smp || this == synthetic ? 2 : 1;
    }
  }

  /**
   * Checks and completes what the user said.
   *
   * @param vcpus 0 for the guest's default
   * @param workload empty for the guest's default
   * @throws FerryException if it cannot be right
   */
  public static DemoOptions of(
      Guest guest, long memoryBytes, int vcpus, String workload, long seed) {
    if (vcpus < 0 || vcpus > 64) {
      throw new FerryException(
          ExitCode.USAGE, "--vcpus must be between 1 and 64, not " + vcpus + ".");
    }
    if (memoryBytes <= 0 || memoryBytes % 4096 != 0) {
      throw new FerryException(
          ExitCode.USAGE, "--memory must be a positive multiple of 4KiB, for instance 256MiB.");
    }
    List<String> choice = guest.workloads();
    if (!workload.isEmpty() && !choice.contains(workload)) {
      throw new FerryException(
          ExitCode.USAGE,
          choice.isEmpty()
              ? "Guest %s has one workload; leave --workload out.".formatted(guest)
              : "'%s' is not a workload of guest %s; use one of %s."
                  .formatted(workload, guest, String.join(", ", choice)));
    }
    String chosen = workload.isEmpty() && !choice.isEmpty() ? choice.getFirst() : workload;
    return new DemoOptions(
        guest, memoryBytes, vcpus == 0 ? guest.defaultVcpus() : vcpus, chosen, seed);
  }

  /** Whether the guest has a serial port to answer on. */
  boolean hasConsole() {
    return guest != Guest.synthetic;
  }

  /** The request that creates the guest. */
  LoadGuestRequest loadRequest() {
    LoadGuestRequest.Builder request =
        LoadGuestRequest.newBuilder()
            .setName(guest.name())
            .setVcpuCount(vcpus)
            .setMemoryBytes(memoryBytes);
    if (guest == Guest.synthetic) {
      return request.setSynthetic(synthetic()).build();
    }
    return request
        .setBundledProgram(guest.name())
        .setParameters(
            ProgramParameters.newBuilder().setSeed(seed).setRandomOrder(workload.equals("random")))
        .build();
  }

  private SyntheticWorkload synthetic() {
    AccessPattern pattern =
        switch (workload) {
          case "sequential" -> AccessPattern.ACCESS_PATTERN_SEQUENTIAL;
          case "uniform" -> AccessPattern.ACCESS_PATTERN_UNIFORM;
          case "zipfian" -> AccessPattern.ACCESS_PATTERN_ZIPFIAN;
          default -> AccessPattern.ACCESS_PATTERN_WORKING_SET;
        };
    // A rate that leaves the host's processors some time for the daemons.
    return SyntheticWorkload.newBuilder()
        .setPattern(pattern)
        .setAccessesPerSecond(200_000)
        .setWriteRatio(0.5)
        .setSeed(seed)
        .build();
  }
}
