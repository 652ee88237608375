package io.pageferry.guest.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pageferry.guest.FaultHandler;
import io.pageferry.guest.Machine;
import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.program.BundledPrograms;
import io.pageferry.guest.program.ElfLoader;
import io.pageferry.guest.program.ParameterBlock;
import io.pageferry.guest.program.ProgramParameters;
import io.pageferry.guest.state.MalformedStateException;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageHash;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The state of a whole machine: what is in it, and what is refused. */
@Timeout(60)
class MachineStateTest {
  private static final int HEADER_BYTES = 6;
  private static final FaultHandler NO_FAULTS =
      (vcpu, fault) -> {
        throw new AssertionError("Unexpected " + fault);
      };

  private final List<AutoCloseable> toClose = new ArrayList<>();

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable closeable : toClose.reversed()) {
      closeable.close();
    }
  }

  private Machine machine(MachineSpec spec, String program) {
    GuestMemory memory = GuestMemory.anonymous(spec.slots());
    toClose.add(memory);
    ParameterBlock parameters = ParameterBlock.of(spec, ProgramParameters.DEFAULT);
    long entry = ElfLoader.load(BundledPrograms.elf(program), memory, parameters);
    Machine machine = Machines.create(spec, memory, entry, NO_FAULTS);
    toClose.add(machine);
    return machine;
  }

  private static MachineSpec riscv(int harts, long limit) {
    return MachineSpec.withRam("state", harts, 4 << 20, new MachineSpec.Kind.Riscv(), limit);
  }

  private static MachineSpec synthetic() {
    var kind = new MachineSpec.Kind.Synthetic(MachineSpec.Pattern.UNIFORM, 0, 0.5, 3);
    return MachineSpec.withRam("state", 2, 1 << 20, kind, 1000);
  }

  private Machine restored(byte[] state, Machine original) {
    Machine machine = Machines.restore(state, original.memory(), NO_FAULTS);
    toClose.add(machine);
    return machine;
  }

  /** The sections of a state, by tag. */
  private static Map<String, byte[]> sections(byte[] state) {
    Map<String, byte[]> sections = new LinkedHashMap<>();
    ByteBuffer in = ByteBuffer.wrap(state, HEADER_BYTES, state.length - HEADER_BYTES);
    while (in.hasRemaining()) {
      byte[] tag = new byte[in.get()];
      in.get(tag);
      byte[] content = new byte[in.getInt()];
      in.get(content);
      sections.put(new String(tag, StandardCharsets.US_ASCII), content);
    }
    return sections;
  }

  private static byte[] state(Map<String, byte[]> sections) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {'P', 'F', 'M', 'S', 0, 3});
    sections.forEach((tag, content) -> {
      out.write(tag.length());
      out.writeBytes(tag.getBytes(StandardCharsets.US_ASCII));
      out.writeBytes(ByteBuffer.allocate(4).putInt(content.length).array());
      out.writeBytes(content);
    });
    return out.toByteArray();
  }

  @Test
  void everyPartHasASectionOfTheSizeThatTheProtocolSays() {
    Map<String, byte[]> sections = sections(machine(riscv(3, 0), "smp").saveState());
    assertThat(sections)
        .containsOnlyKeys(
            "spec",
            "run",
            "uart",
            "clint",
            "finisher",
            "dma",
            "private",
            "vcpu-0",
            "vcpu-1",
            "vcpu-2");
    assertThat(sections.get("private")).hasSize(4);
    assertThat(sections.get("dma")).hasSize(4 * 8 + 1 + 4 + 3 + 6 * 8);
    assertThat(sections.get("run")).hasSize(5);
    assertThat(sections.get("uart")).hasSize(6 + 8 + 4 + 4);
    assertThat(sections.get("clint")).hasSize(8 + 3 * 9);
    assertThat(sections.get("finisher")).isEmpty();
    assertThat(sections.get("vcpu-2")).hasSize(33 * 8 + 1 + 9 * 8 + 1 + 2 * 8);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"run", "uart", "clint", "finisher", "dma", "private", "vcpu-0", "vcpu-1", "spec"})
  void aStateWithoutASectionIsRefusedByItsName(String tag) {
    Machine machine = machine(riscv(2, 0), "smp");
    Map<String, byte[]> sections = sections(machine.saveState());
    sections.remove(tag);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> restored(state(sections), machine))
        .withMessage("The machine state is malformed: section \"" + tag + "\" is missing.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"run", "uart", "clint", "dma", "private", "vcpu-0", "vcpu-1", "spec"})
  void aSectionWithAByteLessOrMoreIsRefusedByItsName(String tag) {
    Machine machine = machine(riscv(2, 0), "smp");
    for (int more : new int[] {-1, 1}) {
      Map<String, byte[]> sections = sections(machine.saveState());
      sections.computeIfPresent(
          tag, (key, content) -> Arrays.copyOf(content, content.length + more));
      assertThatThrownBy(() -> restored(state(sections), machine))
          .isInstanceOf(MalformedStateException.class)
          .hasMessageContaining("section \"" + tag + "\"");
    }
  }

  @Test
  void aSectionOfAPartThatTheMachineDoesNotHaveIsRefusedByItsName() {
    Machine machine = machine(riscv(2, 0), "smp");
    Map<String, byte[]> sections = sections(machine.saveState());
    sections.put("vcpu-2", sections.get("vcpu-1"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> restored(state(sections), machine))
        .withMessageContaining("section \"vcpu-2\" belongs to no part of this machine");
  }

  @Test
  void theOrderOfSectionsHasNoMeaning() {
    Machine machine = machine(riscv(2, 0), "smp");
    byte[] state = machine.saveState();
    Map<String, byte[]> backwards = new LinkedHashMap<>();
    List.copyOf(sections(state).entrySet())
        .reversed()
        .forEach(section -> backwards.put(section.getKey(), section.getValue()));
    assertThat(restored(state(backwards), machine).saveState()).isEqualTo(state);
  }

  @Test
  void aStateCutOffAnywhereIsRefused() {
    Machine machine = machine(riscv(2, 0), "smp");
    byte[] state = machine.saveState();
    for (int length = 0; length < state.length; length++) {
      byte[] cut = Arrays.copyOf(state, length);
      assertThatThrownBy(() -> restored(cut, machine))
          .as("%d bytes of %d", length, state.length)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  /** Whatever the bytes, the answer is a machine or a refusal, and no memory is taken for a lie. */
  @Test
  void bytesChangedAtRandomGiveAMachineOrARefusal() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (Machine machine : List.of(machine(riscv(2, 0), "smp"), machine(synthetic(), "smp"))) {
      byte[] state = machine.saveState();
      for (int round = 0; round < 2000; round++) {
        byte[] changed = state.clone();
        for (int i = random.nextInt(4); i >= 0; i--) {
          changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
        }
        assertThatCode(() -> restoreOrRefuse(changed, machine.memory()))
            .as("seed %d, round %d", seed, round)
            .doesNotThrowAnyException();
      }
    }
  }

  private static void restoreOrRefuse(byte[] state, GuestMemory memory) {
    try (Machine machine = Machines.restore(state, memory, NO_FAULTS)) {
      assertThat(machine.state()).isNotEqualTo(Machine.State.RUNNING);
    } catch (IllegalArgumentException e) {
      assertThat(e).message().endsWith(".");
    }
  }

  @Test
  void aVcpuThatCannotBeIsRefusedByItsNumber() {
    Machine riscv = machine(riscv(2, 0), "smp");
    Map<String, byte[]> odd = sections(riscv.saveState());
    var _ = ByteBuffer.wrap(odd.get("vcpu-1")).putLong(31 * 8, MachineSpec.RAM_BASE + 2);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> restored(state(odd), riscv))
        .withMessageContaining("vCPU 1 has a program counter");
    Machine synthetic = machine(synthetic(), "smp");
    Map<String, byte[]> far = sections(synthetic.saveState());
    var _ = ByteBuffer.wrap(far.get("vcpu-0")).putLong(3 * 8, 256);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> restored(state(far), synthetic))
        .withMessageContaining("vCPU 0 is not one of a guest with 256 pages");
  }

  @Test
  void aMachineThatHasStoppedIsRestoredStoppedWithItsExitCode() {
    Machine machine = machine(riscv(1, 0), "smp");
    machine.resume();
    assertThat(machine.console().send(new byte[] {'q'})).isTrue();
    awaitStopped(machine);
    Machine second = restored(machine.saveState(), machine);
    assertThat(second.state()).isEqualTo(Machine.State.STOPPED);
    assertThat(second.exitCode()).isEqualTo(machine.exitCode());
    second.resume();
    assertThat(second.state()).isEqualTo(Machine.State.STOPPED);
  }

  /**
   * The first half runs in one machine, the second in another one that has its state and memory.
   */
  @ParameterizedTest
  @ValueSource(strings = {"counter", "kv", "smp"})
  void aRestoredMachineEndsWithTheDigestAndStateOfOneThatWasNeverSaved(String program) {
    MachineSpec spec = riscv(1, 3_000_000);
    Machine whole = machine(spec, program);
    whole.resume();
    awaitStopped(whole);

    Machine first = machine(spec, program);
    first.resume();
    Awaitility.await()
        .pollInterval(Duration.ofMillis(1))
        .until(() -> first.vcpus().getFirst().instructions() > 0);
    first.pause();
    byte[] state = first.saveState();
    GuestMemory memory = GuestMemory.anonymous(spec.slots());
    toClose.add(memory);
    memory.slots().getFirst().segment().copyFrom(first.memory().slots().getFirst().segment());
    Machine second = Machines.restore(state, memory, NO_FAULTS);
    toClose.add(second);
    assertThat(second.saveState()).isEqualTo(state);
    second.resume();
    awaitStopped(second);

    assertThat(second.saveState()).isEqualTo(whole.saveState());
    assertThat(digest(memory)).isEqualTo(digest(whole.memory())).isNotZero();
  }

  private static void awaitStopped(Machine machine) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(50))
        .pollInterval(Duration.ofMillis(2))
        .until(() -> machine.state() == Machine.State.STOPPED);
    machine.pause();
    assertThat(machine.failure()).isNull();
  }

  private static long digest(GuestMemory memory) {
    long digest = 0;
    for (MemorySlot slot : memory.slots()) {
      for (long page = 0; page < slot.pageCount(); page++) {
        digest += PageHash.contribution(slot, page);
      }
    }
    return digest;
  }
}
