package io.pageferry.guest.machine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static org.awaitility.Awaitility.await;

import io.pageferry.guest.AsynchronousFault;
import io.pageferry.guest.AsynchronousFaults;
import io.pageferry.guest.FaultHandler;
import io.pageferry.guest.Machine;
import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.Vcpu;
import io.pageferry.guest.VcpuExit;
import io.pageferry.guest.device.Dma;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.SlotLayout;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A machine whose vCPU sleeps; the test is the driver of its DMA device, and the VMM that resolves
 * the device's faults. Memory: two slots that touch, and nothing behind them. Used by one thread.
 */
final class DmaGuest implements FaultHandler, AutoCloseable {
  static final long LOW = MachineSpec.RAM_BASE;
  static final long SLOT_BYTES = 64L << 10;
  static final long HIGH = LOW + SLOT_BYTES;
  static final long END = HIGH + SLOT_BYTES;
  static final long RING = LOW + 0x1000;
  static final int RING_SIZE = 8;

  static final int COPY = 0;
  static final int FILL = 1;
  static final int CHECKSUM = 2;

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int WFI = 0x1050_0073;
  private static final int JUMP_BACK = 0xffdf_f06f;

  final MachineSpec spec;
  final GuestMemory memory;
  final EmulatedMachine machine;
  final Dma dma;
  final List<AsynchronousFault> read = new ArrayList<>();
  private @Nullable AsynchronousFaults queue;
  private long head;

  DmaGuest() {
    spec =
        new MachineSpec(
            "dma",
            1,
            List.of(new SlotLayout(0, LOW, SLOT_BYTES), new SlotLayout(1, HIGH, SLOT_BYTES)),
            new MachineSpec.Kind.Riscv(),
            0);
    memory = GuestMemory.anonymous(spec.slots());
    MemorySegment code = slot(0).segment();
    code.set(JAVA_INT_UNALIGNED, 0, WFI);
    code.set(JAVA_INT_UNALIGNED, 4, JUMP_BACK);
    machine = (EmulatedMachine) Machines.create(spec, memory, LOW, this);
    dma = device(machine);
    set(0x00, RING);
    set(0x08, RING_SIZE);
  }

  /** The continuation of another one, in a copy of its memory. */
  DmaGuest(DmaGuest origin) {
    spec = origin.spec;
    memory = GuestMemory.anonymous(spec.slots());
    for (MemorySlot slot : memory.slots()) {
      slot.segment().copyFrom(origin.slot(slot.id()).segment());
    }
    machine = (EmulatedMachine) Machines.restore(origin.machine.saveState(), memory, this);
    dma = device(machine);
    head = origin.head;
  }

  private static Dma device(EmulatedMachine machine) {
    return machine.parts().stream()
        .filter(Dma.class::isInstance)
        .map(Dma.class::cast)
        .findFirst()
        .orElseThrow();
  }

  @Override
  public void resolve(Vcpu vcpu, VcpuExit.MemoryFault fault) {
    // Only its code: a vCPU that sleeps touches nothing else.
    lift(fault.guestPhysicalAddress());
  }

  @Override
  public void asynchronousFaults(AsynchronousFaults ofDevice) {
    queue = ofDevice;
  }

  AsynchronousFaults queue() {
    return Objects.requireNonNull(queue);
  }

  MemorySlot slot(int id) {
    return Objects.requireNonNull(memory.slot(id));
  }

  void set(int register, long value) {
    var _ = dma.store(register, Long.BYTES, value, 0, 0);
  }

  long get(int register) {
    return dma.load(register, Long.BYTES, 0, 0);
  }

  /** Puts a descriptor into the ring; {@link #ring} makes the device see it. */
  int post(int operation, long source, long destination, long length) {
    int place = (int) (head % RING_SIZE);
    long[] words = {source, destination, length, operation, 0, 0};
    for (int word = 0; word < words.length; word++) {
      put(RING + place * 64L + word * 8L, words[word]);
    }
    head++;
    return place;
  }

  void ring() {
    set(0x10, head);
  }

  void put(long address, long value) {
    MemorySlot slot = Objects.requireNonNull(memory.slotAt(address));
    slot.segment().set(JAVA_LONG_UNALIGNED, address - slot.base(), value);
  }

  long status(int place) {
    return slot(0).segment().get(JAVA_LONG_UNALIGNED, RING - LOW + place * 64L + 0x20);
  }

  long result(int place) {
    return slot(0).segment().get(JAVA_LONG_UNALIGNED, RING - LOW + place * 64L + 0x28);
  }

  byte[] bytes(long address, int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      MemorySlot slot = Objects.requireNonNull(memory.slotAt(address + i));
      bytes[i] = slot.segment().get(JAVA_BYTE, address + i - slot.base());
    }
    return bytes;
  }

  /** Random bytes in all pages but those of code and ring. */
  void scramble(long seed) {
    byte[] noise = new byte[(int) (END - LOW - 0x2000)];
    new Random(seed).nextBytes(noise);
    for (int i = 0; i < noise.length; i++) {
      long address = LOW + 0x2000 + i;
      MemorySlot slot = Objects.requireNonNull(memory.slotAt(address));
      slot.segment().set(JAVA_BYTE, address - slot.base(), noise[i]);
    }
  }

  void awaitTail(long tail) {
    await().atMost(PATIENCE).pollDelay(Duration.ZERO).until(() -> get(0x18) == tail);
  }

  void awaitFault() {
    await().atMost(PATIENCE).until(() -> queue().size() > 0);
  }

  /** Moves the queued faults into {@link #read} and gives the latest. */
  AsynchronousFault readFault() {
    awaitFault();
    var _ = queue().read(read::add);
    return read.getLast();
  }

  void lift(long address) {
    MemorySlot slot = Objects.requireNonNull(memory.slotAt(address));
    Objects.requireNonNull(slot.userfault()).lift(PageGeometry.pages(address - slot.base()), 1);
  }

  void resolve(AsynchronousFault fault) {
    lift(fault.guestPhysicalAddress());
    queue().resolved();
  }

  /** Resolves faults until the device has done so many descriptors. */
  void resolveUntilTail(long tail) {
    await()
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(() -> {
          List<AsynchronousFault> some = new ArrayList<>();
          var _ = queue().read(some::add);
          some.forEach(this::resolve);
          read.addAll(some);
          return get(0x18) == tail;
        });
  }

  Thread thread() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("dma-0"))
        .findFirst()
        .orElseThrow();
  }

  void awaitState(Machine.State state) {
    await().atMost(PATIENCE).until(() -> machine.state() == state);
  }

  @Override
  public void close() {
    machine.close();
    memory.close();
  }
}
