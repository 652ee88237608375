package io.pageferry.source;

import io.pageferry.daemon.guest.HostedGuest;
import io.pageferry.guest.FaultHandler;
import io.pageferry.guest.Machine;
import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.machine.Machines;
import io.pageferry.guest.program.BundledPrograms;
import io.pageferry.guest.program.ElfLoader;
import io.pageferry.guest.program.ParameterBlock;
import io.pageferry.guest.program.ProgramException;
import io.pageferry.guest.program.ProgramParameters;
import io.pageferry.guest.program.RawImageLoader;
import io.pageferry.memory.BackingFileException;
import io.pageferry.memory.GuestMemory;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.ExecutionFence;
import io.pageferry.migration.PageFerryException;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.SyntheticWorkload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.UUID;

/** Makes a guest of a load request. Nothing is left behind when it refuses. One thread. */
final class GuestLoader {
  private static final long FIRST_EPOCH = 1;

  private final LoadGuestRequest request;

  /**
   * A loader for one request.
   *
   * @throws IllegalArgumentException if a value is out of range
   */
  GuestLoader(LoadGuestRequest request) {
    this.request = request;
    var _ = spec(request, request.getName().isEmpty() ? programName() : request.getName());
  }

  /**
   * A paused guest at its entry point.
   *
   * @throws PageFerryException MALFORMED_PROGRAM, IMAGE_TOO_LARGE or INSUFFICIENT_MEMORY
   * @throws IllegalArgumentException if a file cannot be used
   */
  HostedGuest load(String name) {
    MachineSpec spec = spec(request, name);
    GuestMemory memory = memory(request, spec);
    try {
      long entry = fill(request, spec, memory);
      FaultHandler noFaults =
          (vcpu, fault) -> {
            throw new IllegalStateException(
                "A vCPU of the source took a userfault: " + fault + ".");
          };
      Machine machine = Machines.create(spec, memory, entry, noFaults);
      return new HostedGuest(UUID.randomUUID(), machine, ExecutionFence.held(FIRST_EPOCH));
    } catch (ProgramException e) {
      memory.abandon();
      throw new PageFerryException(code(e.kind()), String.valueOf(e.getMessage()), e);
    } catch (RuntimeException | Error e) {
      memory.abandon();
      throw e;
    }
  }

  private static GuestMemory memory(LoadGuestRequest request, MachineSpec spec) {
    if (request.getBackingFile().isEmpty()) {
      return GuestMemory.anonymous(spec.slots());
    }
    Path file = path(request.getBackingFile());
    if (request.getProgramCase() == LoadGuestRequest.ProgramCase.IMAGE_PATH
        && isSameFile(file, path(request.getImagePath()))) {
      throw new IllegalArgumentException(
          "The image cannot be the backing file too, which is cleared before the image is read;"
              + " name another backing file.");
    }
    try {
      return GuestMemory.backedBy(file, spec.slots());
    } catch (BackingFileException e) {
      throw new PageFerryException(
          e.isFull() ? ErrorCode.INSUFFICIENT_MEMORY : ErrorCode.INVALID_ARGUMENT,
          String.valueOf(e.getMessage()),
          e);
    }
  }

  private static boolean isSameFile(Path file, Path image) {
    try {
      return Files.isSameFile(file, image);
    } catch (IOException _) {
      // One of the two does not exist.
      return false;
    }
  }

  private static Path path(String name) {
    try {
      return Path.of(name);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("'" + name + "' cannot be the name of a file.", e);
    }
  }

  private static ErrorCode code(ProgramException.Kind kind) {
    return switch (kind) {
      case MALFORMED -> ErrorCode.MALFORMED_PROGRAM;
      case TOO_LARGE -> ErrorCode.IMAGE_TOO_LARGE;
      case UNKNOWN, UNREADABLE -> ErrorCode.INVALID_ARGUMENT;
    };
  }

  private static MachineSpec spec(LoadGuestRequest request, String name) {
    if (request.getMemoryBytes() <= 0) {
      throw new IllegalArgumentException(
          "The guest's memory must be a positive number of bytes; it is "
              + Long.toUnsignedString(request.getMemoryBytes())
              + ".");
    }
    MachineSpec.Kind kind =
        request.hasSynthetic() ? synthetic(request.getSynthetic()) : new MachineSpec.Kind.Riscv();
    return MachineSpec.withRam(
        name,
        request.getVcpuCount(),
        request.getMemoryBytes(),
        kind,
        request.getStopAfterInstructions());
  }

  /** What a guest without a name is called. */
  String programName() {
    return switch (request.getProgramCase()) {
      case BUNDLED_PROGRAM -> request.getBundledProgram();
      case SYNTHETIC -> "synthetic";
      case ELF -> "elf";
      case IMAGE_PATH -> "image";
      case PROGRAM_NOT_SET ->
          throw new IllegalArgumentException(
              "The request names no program: give a bundled program, an ELF file, an image or a"
                  + " synthetic workload.");
    };
  }

  private static MachineSpec.Kind.Synthetic synthetic(SyntheticWorkload workload) {
    double ratio = workload.getWriteRatio();
    if (!(ratio >= 0 && ratio <= 1)) {
      throw new IllegalArgumentException("The write ratio must be 0 to 1; it is " + ratio + ".");
    }
    if (workload.getAccessesPerSecond() < 0) {
      throw new IllegalArgumentException(
          "The accesses per second must be 0 to %d; they are %s."
              .formatted(Long.MAX_VALUE, Long.toUnsignedString(workload.getAccessesPerSecond())));
    }
    MachineSpec.Pattern pattern =
        switch (workload.getPattern()) {
          case ACCESS_PATTERN_SEQUENTIAL -> MachineSpec.Pattern.SEQUENTIAL;
          case ACCESS_PATTERN_UNIFORM -> MachineSpec.Pattern.UNIFORM;
          case ACCESS_PATTERN_ZIPFIAN -> MachineSpec.Pattern.ZIPFIAN;
          case ACCESS_PATTERN_WORKING_SET -> MachineSpec.Pattern.WORKING_SET;
          case ACCESS_PATTERN_UNSPECIFIED, UNRECOGNIZED ->
              throw new IllegalArgumentException(
                  "The access pattern must be sequential, uniform, zipfian or working-set.");
        };
    return new MachineSpec.Kind.Synthetic(
        pattern, workload.getAccessesPerSecond(), ratio, workload.getSeed());
  }

  private static long fill(LoadGuestRequest request, MachineSpec spec, GuestMemory memory) {
    ParameterBlock parameters = ParameterBlock.of(spec, parameters(request));
    return switch (request.getProgramCase()) {
      case BUNDLED_PROGRAM ->
          ElfLoader.load(BundledPrograms.elf(request.getBundledProgram()), memory, parameters);
      case ELF -> ElfLoader.load(request.getElf().toByteArray(), memory, parameters);
      case IMAGE_PATH -> RawImageLoader.load(path(request.getImagePath()), memory);
      case SYNTHETIC, PROGRAM_NOT_SET -> MachineSpec.RAM_BASE;
    };
  }

  private static ProgramParameters parameters(LoadGuestRequest request) {
    if (!request.hasParameters()) {
      return ProgramParameters.DEFAULT;
    }
    var parameters = request.getParameters();
    return new ProgramParameters(
        parameters.getSeed(), parameters.getLimit(), parameters.getRandomOrder());
  }
}
