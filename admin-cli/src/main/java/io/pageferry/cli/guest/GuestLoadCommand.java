package io.pageferry.cli.guest;

import com.google.protobuf.ByteString;
import io.pageferry.cli.daemons.SharedOptions;
import io.pageferry.cli.output.Json;
import io.pageferry.cli.output.Printer;
import io.pageferry.client.AdminClient;
import io.pageferry.client.FerryException;
import io.pageferry.config.DataSize;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.memory.FileProblem;
import io.pageferry.proto.v1.AccessPattern;
import io.pageferry.proto.v1.LoadGuestRequest;
import io.pageferry.proto.v1.LoadGuestResponse;
import io.pageferry.proto.v1.ProgramParameters;
import io.pageferry.proto.v1.SyntheticWorkload;
import io.pageferry.rpc.RpcServer;
import io.pageferry.text.GuestName;
import io.pageferry.text.PlainText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Creates a guest at the source, paused. */
@Command(name = "load", description = "Create a guest at the source daemon, paused.")
final class GuestLoadCommand implements Callable<Integer> {
  /** What a message holds, with room for the rest of the request. */
  private static final int LARGEST_ELF_BYTES = RpcServer.MAX_MESSAGE_BYTES - (64 << 10);

  @Mixin private SharedOptions options = new SharedOptions();

  @ArgGroup(exclusive = true, multiplicity = "1", heading = "What the guest runs:%n")
  private Program program = new Program();

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      defaultValue = "256MiB",
      description = "RAM, a multiple of 4KiB (default: ${DEFAULT-VALUE}).")
  private DataSize memory = new DataSize(0);

  @Option(
      names = "--vcpus",
      paramLabel = "N",
      defaultValue = "1",
      description = "vCPUs, 1 to 64 (default: ${DEFAULT-VALUE}).")
  private int vcpus;

  @Option(
      names = "--name",
      defaultValue = "",
      description = "Display name (default: the program's).")
  private String name = "";

  @Option(
      names = "--backing-file",
      paramLabel = "PATH",
      defaultValue = "",
      description = {
        "File on the daemon's host that holds the RAM (default: anonymous memory).",
        "It is made, or cleared if it held a guest's RAM before."
      })
  private String backingFile = "";

  @Option(
      names = "--stop-after",
      paramLabel = "INSTRUCTIONS",
      defaultValue = "0",
      description = "Stop each vCPU after so many instructions; 0 is never (default: 0).")
  private long stopAfter;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Seed of whatever is pseudo-random (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--limit",
      paramLabel = "UNITS",
      defaultValue = "0",
      description = "Units of work after which a bundled program ends; 0 is never (default: 0).")
  private long limit;

  @Option(
      names = "--random-order",
      description = "A bundled program visits pages in pseudo-random order, where it has a choice.")
  private boolean randomOrder;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "0",
      description = "Synthetic: accesses a second and vCPU; 0 is as fast as possible (default: 0).")
  private long rate;

  @Option(
      names = "--write-ratio",
      paramLabel = "SHARE",
      defaultValue = "0.5",
      description = "Synthetic: share of accesses that write, 0 to 1 (default: ${DEFAULT-VALUE}).")
  private double writeRatio;

  @Spec private @Nullable CommandSpec spec;

  /** Exactly one of these. */
  private static final class Program {
    @Option(
        names = "--program",
        paramLabel = "NAME",
        description =
            "A guest program that comes with the daemon: counter, touch, kv, smp, dma or"
                + " confidential.")
    @Nullable String bundled;

    @Option(
        names = "--elf",
        paramLabel = "FILE",
        description = "A statically linked RV64 ELF executable on this host.")
    @Nullable Path elf;

    @Option(
        names = "--synthetic",
        paramLabel = "PATTERN",
        description = "An access pattern: sequential, uniform, zipfian or working-set.")
    @Nullable String pattern;

    @Option(
        names = "--image",
        paramLabel = "PATH",
        description = "A raw memory image on the daemon's host.")
    @Nullable String image;
  }

  @Override
  public Integer call() {
    if (spec != null && spec.commandLine().getParseResult().hasMatchedOption("--guest")) {
      throw new FerryException(
          ExitCode.USAGE, "--guest names a guest that is there; a new one's name is --name.");
    }
    atLeastZero("--rate", rate);
    atLeastZero("--limit", limit);
    atLeastZero("--stop-after", stopAfter);
    LoadGuestRequest request = request();
    try (AdminClient client = options.connectSource()) {
      LoadGuestResponse response = client.call(stub -> stub.loadGuest(request));
      Printer.of(spec)
          .println(
              options.json()
                  ? Json.text(Json.of(response))
                  : "Loaded guest %s (%s) at %s; run it with 'ferry guest start --guest %s'."
                      .formatted(
                          PlainText.of(response.getName()),
                          PlainText.of(response.getGuestId()),
                          client.description(),
                          PlainText.of(response.getName())));
    }
    return ExitCode.OK.number();
  }

  private static void atLeastZero(String option, long value) {
    if (value < 0) {
      throw new FerryException(
          ExitCode.USAGE, "%s must not be negative; it is %d.".formatted(option, value));
    }
  }

  private LoadGuestRequest request() {
    LoadGuestRequest.Builder request =
        LoadGuestRequest.newBuilder()
            .setName(checkedName())
            .setVcpuCount(vcpus)
            .setMemoryBytes(memory.bytes())
            .setBackingFile(backingFile)
            .setStopAfterInstructions(stopAfter)
            .setParameters(
                ProgramParameters.newBuilder()
                    .setSeed(seed)
                    .setLimit(limit)
                    .setRandomOrder(randomOrder));
    if (program.bundled != null) {
      request.setBundledProgram(program.bundled);
    } else if (program.elf != null) {
      request.setElf(read(program.elf));
    } else if (program.pattern != null) {
      request.setSynthetic(
          SyntheticWorkload.newBuilder()
              .setPattern(pattern(program.pattern))
              .setAccessesPerSecond(rate)
              .setWriteRatio(writeRatio)
              .setSeed(seed));
    } else if (program.image != null) {
      request.setImagePath(program.image);
    }
    return request.build();
  }

  /** The daemon says the same, after a large program has travelled to it. */
  private String checkedName() {
    try {
      return GuestName.checked(name);
    } catch (IllegalArgumentException e) {
      throw new FerryException(ExitCode.USAGE, "--name: " + e.getMessage());
    }
  }

  /** The pattern that a name stands for. */
  static AccessPattern pattern(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "sequential" -> AccessPattern.ACCESS_PATTERN_SEQUENTIAL;
      case "uniform" -> AccessPattern.ACCESS_PATTERN_UNIFORM;
      case "zipfian" -> AccessPattern.ACCESS_PATTERN_ZIPFIAN;
      case "working-set" -> AccessPattern.ACCESS_PATTERN_WORKING_SET;
      default ->
          throw new FerryException(
              ExitCode.USAGE,
              "'%s' is not an access pattern; use sequential, uniform, zipfian or working-set."
                  .formatted(name));
    };
  }

  private static ByteString read(Path file) {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new FerryException(
          ExitCode.USAGE,
          "%s is no regular file; copy the program to one for --elf.".formatted(file));
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(LARGEST_ELF_BYTES + 1);
      if (bytes.length > LARGEST_ELF_BYTES) {
        throw new FerryException(
            ExitCode.USAGE,
            "The file %s is larger than %s, the most that a program may have; strip its debugging information."
                .formatted(file, DataSize.ofBytes(LARGEST_ELF_BYTES)));
      }
      return ByteString.copyFrom(bytes);
    } catch (NoSuchFileException _) {
      throw new FerryException(
          ExitCode.USAGE, "There is no file %s; check the path after --elf.".formatted(file));
    } catch (IOException e) {
      throw new FerryException(
          ExitCode.USAGE, "The file %s cannot be read: %s.".formatted(file, FileProblem.of(e)));
    }
  }
}
