package io.pageferry.guest.machine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pageferry.guest.EmulatedVcpu;
import io.pageferry.guest.Machine;
import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.program.BundledPrograms;
import io.pageferry.guest.program.ElfLoader;
import io.pageferry.guest.program.ParameterBlock;
import io.pageferry.guest.program.ProgramParameters;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The same image, executed by QEMU and by the emulated machine, ends with the same state. */
class QemuDifferentialTest {
  private static final int RAM_BYTES = 16 << 20;

  /** More than any program here needs; that there is a limit makes the clock count. */
  private static final long INSTRUCTIONS = 1L << 40;

  /** Larger than any program's image. */
  private static final int IMAGE_BYTES = 1 << 16;

  private static final int JUMP_TO_ITSELF = 0x0000006f;

  /** touch: its page of statistics and the page of its stack depend on time. */
  private static final int TOUCH_STATISTICS = 0x1000;

  private static final int TOUCH_DATA = 0x3000;

  @TempDir Path directory = Path.of("");

  @BeforeAll
  static void qemuIsInstalled() {
    assumeTrue(QemuMachine.isInstalled(), "qemu-system-riscv64 is not installed");
  }

  @ParameterizedTest
  @CsvSource({
    "isa, 0, 1",
    "isa, 0, 20260101",
    "counter, 100000, 1",
    "kv, 100000, 1",
    "kv, 100000, 987654321",
    "smp, 20000, 5",
  })
  void registersAndMemoryAreThoseOfQemu(String program, long limit, long seed) throws Exception {
    try (Run run = new Run(program, new ProgramParameters(seed, limit, false));
        QemuMachine qemu = new QemuMachine(directory, run.image(directory), RAM_BYTES)) {
      run.toTheEnd();
      qemu.awaitParked();

      assertThat(run.output()).isEqualTo(qemu.serial()).contains("\nPASS " + program);
      assertThat(run.instructionAtEnd()).isEqualTo(JUMP_TO_ITSELF);
      assertThat(run.registers()).isEqualTo(qemu.registers());
      assertThat(firstDifference(run, qemu, 0, RAM_BYTES)).isEqualTo("none");
    }
  }

  @Test
  void touchesInPseudoRandomOrderAreThoseOfQemu() throws Exception {
    try (Run run = new Run("touch", new ProgramParameters(1, 100_000, true));
        QemuMachine qemu = new QemuMachine(directory, run.image(directory), RAM_BYTES)) {
      run.toTheEnd();
      qemu.awaitParked();

      assertThat(run.output()).contains("\nPASS touch: 100000 touches, 24 passes");
      assertThat(firstDifference(run, qemu, 0, TOUCH_STATISTICS)).isEqualTo("none");
      assertThat(firstDifference(run, qemu, TOUCH_DATA, RAM_BYTES)).isEqualTo("none");
    }
  }

  private static String firstDifference(Run run, QemuMachine qemu, long from, long to)
      throws IOException {
    Path file = qemu.saveRam(RAM_BYTES);
    try (Arena arena = Arena.ofConfined();
        FileChannel channel = FileChannel.open(file)) {
      MemorySegment expected = channel.map(FileChannel.MapMode.READ_ONLY, 0, RAM_BYTES, arena);
      MemorySegment actual = run.ram.segment();
      long offset = actual.asSlice(from, to - from).mismatch(expected.asSlice(from, to - from));
      if (offset < 0) {
        return "none";
      }
      long at = from + offset;
      return "at 0x%x: 0x%02x, in QEMU 0x%02x"
          .formatted(
              MachineSpec.RAM_BASE + at,
              actual.get(JAVA_BYTE, at) & 0xff,
              expected.get(JAVA_BYTE, at) & 0xff);
    }
  }

  /** A program in the emulated machine, one hart, parked at its end. */
  private static final class Run implements AutoCloseable {
    final MachineSpec spec =
        MachineSpec.withRam("test", 1, RAM_BYTES, new MachineSpec.Kind.Riscv(), INSTRUCTIONS);
    final GuestMemory memory = GuestMemory.anonymous(spec.slots());
    final MemorySlot ram = memory.slots().getFirst();
    final Machine machine;

    Run(String program, ProgramParameters parameters) {
      var block = new ParameterBlock(RAM_BYTES, 1, parameters, true);
      long entry = ElfLoader.load(BundledPrograms.elf(program), memory, block);
      machine =
          Machines.create(
              spec,
              memory,
              entry,
              (vcpu, fault) -> {
                throw new AssertionError("userfault is off, but " + vcpu + " gave " + fault);
              });
    }

    /** What was loaded, as a file. */
    Path image(Path directory) throws IOException {
      byte[] image = ram.segment().asSlice(0, IMAGE_BYTES).toArray(JAVA_BYTE);
      return Files.write(directory.resolve("image"), image);
    }

    void toTheEnd() {
      machine.resume();
      Awaitility.await()
          .atMost(Duration.ofMinutes(2))
          .pollInterval(Duration.ofMillis(10))
          .until(() -> machine.state() == Machine.State.STOPPED || isParked());
      machine.pause();
    }

    /** Whether the program has given its verdict and come to its end. */
    private boolean isParked() throws IOException {
      if (output().lines().count() < 2) {
        return false;
      }
      machine.pause();
      boolean parked = instructionAtEnd() == JUMP_TO_ITSELF;
      machine.resume();
      return parked;
    }

    String output() {
      return new String(machine.console().read(0), StandardCharsets.UTF_8);
    }

    int instructionAtEnd() throws IOException {
      return ram.segment().get(JAVA_INT, registers()[32] - MachineSpec.RAM_BASE);
    }

    /** x0 to x31, then the program counter. */
    long[] registers() throws IOException {
      ByteArrayOutputStream state = new ByteArrayOutputStream();
      ((EmulatedVcpu) machine.vcpus().getFirst()).save(new DataOutputStream(state));
      ByteBuffer saved = ByteBuffer.wrap(state.toByteArray());
      long[] registers = new long[33];
      for (int register = 1; register < registers.length; register++) {
        registers[register] = saved.getLong();
      }
      return registers;
    }

    @Override
    public void close() {
      machine.close();
      memory.close();
    }
  }
}
