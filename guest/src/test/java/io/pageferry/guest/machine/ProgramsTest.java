package io.pageferry.guest.machine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.guest.Machine;
import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.program.BundledPrograms;
import io.pageferry.guest.program.ElfLoader;
import io.pageferry.guest.program.ParameterBlock;
import io.pageferry.guest.program.ProgramParameters;
import io.pageferry.memory.GuestMemory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The bundled programs in the emulated machine. */
class ProgramsTest {
  private static final long RAM_BYTES = 8 << 20;

  /** Instructions by which each program is well into its work. */
  private static final long WARM_UP = 2_000_000;

  /** The same for the program that fills its memory first. */
  private static final long DMA_WARM_UP = 20_000_000;

  @ParameterizedTest
  @CsvSource({
    "counter, 1",
    "touch, 1",
    "kv, 1",
    "smp, 1",
    "smp, 4",
    "counter, 3",
    "dma, 1",
    "dma, 2"
  })
  void aProgramStopsChecksItselfAndPassesWhenAsked(String program, int harts) {
    try (Guest guest = new Guest(program, harts, ProgramParameters.DEFAULT)) {
      guest.warmUp();
      guest.askToStop();

      assertThat(guest.output())
          .startsWith(program + ": " + harts + (harts == 1 ? " hart, 8 MiB" : " harts, 8 MiB"))
          .contains("\nPASS " + program + ": ");
      assertThat(guest.machine.exitCode()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "counter, 5000",
    "touch, 5000",
    "kv, 5000",
    "smp, 500",
    "dma, 500",
    "confidential, 500"
  })
  void aProgramStopsByItselfAtItsLimit(String program, long limit) {
    try (Guest guest = new Guest(program, 1, new ProgramParameters(3, limit, true))) {
      guest.machine.resume();
      guest.awaitEnd();

      assertThat(guest.output()).contains("\nPASS " + program + ": " + limit + " ");
      assertThat(guest.machine.exitCode()).isZero();
    }
  }

  /** The digest is what QEMU 7.2 gives. */
  @Test
  void everyInstructionGivesTheResultsThatQemuGives() {
    try (Guest guest = new Guest("isa", 1, ProgramParameters.DEFAULT)) {
      guest.machine.resume();
      guest.awaitEnd();

      assertThat(guest.output()).contains("PASS isa: 122746 results, digest 0x76fa45b57724b1d1");
    }
  }

  @ParameterizedTest
  @CsvSource({"counter, 0", "touch, 0", "kv, 16", "smp, 8"})
  void aProgramFailsWhenItsMemoryWasDamaged(String program, int offsetInPage) {
    try (Guest guest = new Guest(program, 1, ProgramParameters.DEFAULT)) {
      guest.warmUp();
      guest.machine.pause();
      guest.damage(offsetInPage);
      guest.machine.resume();
      guest.askToStop();

      assertThat(guest.output()).contains("\nFAIL " + program + ": ");
      assertThat(guest.machine.exitCode()).isEqualTo(1);
    }
  }

  /** Its device or its processor may be about to overwrite some of them, but not all. */
  @Test
  void theProgramWithADeviceFailsWhenItsMemoryWasDamagedInSomePlaces() {
    try (Guest guest = new Guest("dma", 1, ProgramParameters.DEFAULT)) {
      guest.warmUp();
      guest.machine.pause();
      for (int offset = 0; offset < 4096; offset += 512) {
        guest.damage(offset);
      }
      guest.machine.resume();
      guest.askToStop();

      assertThat(guest.output()).contains("\nFAIL dma: ");
      assertThat(guest.machine.exitCode()).isEqualTo(1);
    }
  }

  /** A machine that runs a bundled program. */
  private static final class Guest implements AutoCloseable {
    final GuestMemory memory;
    final Machine machine;
    private final long warmUp;

    Guest(String program, int harts, ProgramParameters parameters) {
      warmUp = program.equals("dma") || program.equals("confidential") ? DMA_WARM_UP : WARM_UP;
      MachineSpec spec =
          MachineSpec.withRam("test", harts, RAM_BYTES, new MachineSpec.Kind.Riscv(), 0);
      memory = GuestMemory.anonymous(spec.slots());
      long entry =
          ElfLoader.load(BundledPrograms.elf(program), memory, ParameterBlock.of(spec, parameters));
      machine =
          Machines.create(
              spec,
              memory,
              entry,
              (vcpu, fault) -> {
                throw new AssertionError("userfault is off, but " + vcpu + " gave " + fault);
              });
    }

    void warmUp() {
      machine.resume();
      Awaitility.await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> machine.vcpus().getFirst().instructions() > warmUp);
    }

    void askToStop() {
      assertThat(machine.console().send(new byte[] {'q'})).isTrue();
      awaitEnd();
    }

    void awaitEnd() {
      Awaitility.await()
          .atMost(Duration.ofMinutes(2))
          .until(() -> machine.state() == Machine.State.STOPPED);
    }

    /** Changes the byte at an offset in the last pages but one, skipping what is zero. */
    void damage(int offsetInPage) {
      var ram = memory.slots().getFirst().segment();
      long address = ram.byteSize() - 8192 + offsetInPage;
      while (ram.get(JAVA_BYTE, address) == 0) {
        address -= 64;
      }
      ram.set(JAVA_BYTE, address, (byte) (ram.get(JAVA_BYTE, address) ^ 0x40));
    }

    String output() {
      return new String(machine.console().read(0), StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
      machine.close();
      memory.close();
    }
  }
}
