package io.pageferry.guest.synthetic;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.MachineSpec.Pattern;
import io.pageferry.guest.VcpuExit;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.SlotLayout;
import io.pageferry.memory.UserfaultBitmap;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SyntheticVcpuTest {
  private static final int PAGES = 300;

  private static GuestMemory twoSlots() {
    long firstBytes = PageGeometry.bytes(100);
    return GuestMemory.anonymous(
        List.of(
            new SlotLayout(0, MachineSpec.RAM_BASE, firstBytes),
            new SlotLayout(1, 0x1_0000_0000L, PageGeometry.bytes(PAGES - 100))));
  }

  private static SyntheticVcpu vcpu(
      GuestMemory memory, Pattern pattern, long rate, double writes, long limit) {
    var layouts =
        memory.slots().stream()
            .map(slot -> new SlotLayout(slot.id(), slot.base(), slot.sizeBytes()))
            .toList();
    var kind = new MachineSpec.Kind.Synthetic(pattern, rate, writes, 42);
    return new SyntheticVcpu(1, new MachineSpec("test", 2, layouts, kind, limit), kind, memory);
  }

  @ParameterizedTest
  @EnumSource
  void stopsAfterExactlyTheLimit(Pattern pattern) {
    try (GuestMemory memory = twoSlots()) {
      SyntheticVcpu vcpu = vcpu(memory, pattern, 0, 0.5, 12345);

      assertThat(vcpu.run()).isEqualTo(new VcpuExit.LimitReached());
      assertThat(vcpu.run()).isEqualTo(new VcpuExit.LimitReached());

      assertThat(vcpu.instructions()).isEqualTo(12345);
    }
  }

  @ParameterizedTest
  @EnumSource
  void writesOnlyItsOwnWordOfPagesMarkedWritten(Pattern pattern) {
    try (GuestMemory memory = twoSlots()) {
      var _ = vcpu(memory, pattern, 0, 0.5, 1000).run();

      for (MemorySlot slot : memory.slots()) {
        for (long page = 0; page < slot.pageCount(); page++) {
          var bytes = slot.segment().asSlice(PageGeometry.bytes(page), PageGeometry.PAGE_SIZE);
          boolean written = bytes.get(JAVA_LONG, SyntheticVcpu.WORD_SPACING) != 0;
          assertThat(slot.written().get(page)).isEqualTo(written);
          bytes.set(JAVA_LONG, SyntheticVcpu.WORD_SPACING, 0);
          assertThat(bytes.toArray(JAVA_BYTE)).containsOnly(0);
        }
      }
    }
  }

  @Test
  void readsChangeNothing() {
    try (GuestMemory memory = twoSlots()) {
      var _ = vcpu(memory, Pattern.UNIFORM, 0, 0, 1000).run();

      assertThat(memory.slots()).allMatch(slot -> slot.written().cardinality() == 0);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFaultHasNoEffectAndTheSameAccessIsTriedAgain(Pattern pattern) {
    try (GuestMemory present = twoSlots();
        GuestMemory absent = twoSlots()) {
      absent.slots().forEach(MemorySlot::enableUserfault);
      SyntheticVcpu calm = vcpu(present, pattern, 0, 0.5, 2000);
      SyntheticVcpu faulting = vcpu(absent, pattern, 0, 0.5, 2000);

      var _ = calm.run();
      int faults = 0;
      while (faulting.run() instanceof VcpuExit.MemoryFault fault) {
        faults++;
        allow(absent, faulting, fault);
      }

      assertThat(faults).isPositive().isLessThanOrEqualTo(PAGES);
      assertThat(faulting.instructions()).isEqualTo(2000);
      assertSameMemory(absent, present);
    }
  }

  private static void allow(GuestMemory memory, SyntheticVcpu vcpu, VcpuExit.MemoryFault fault) {
    long address = fault.guestPhysicalAddress();
    long before = vcpu.instructions();
    assertThat(fault.userfault()).isTrue();
    assertThat(fault.sizeBytes()).isEqualTo(8);
    assertThat(vcpu.run()).isSameAs(fault);
    assertThat(fault.guestPhysicalAddress()).isEqualTo(address);
    assertThat(vcpu.instructions()).isEqualTo(before);
    for (MemorySlot slot : memory.slots()) {
      UserfaultBitmap userfault = slot.userfault();
      if (slot.contains(address) && userfault != null) {
        long page = PageGeometry.pages(address - slot.base());
        assertThat(slot.written().get(page)).isFalse();
        userfault.lift(page, 1);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSavedVcpuGoesOnAsIfNothingHadHappened(Pattern pattern) throws IOException {
    try (GuestMemory whole = twoSlots();
        GuestMemory parts = twoSlots()) {
      var _ = vcpu(whole, pattern, 0, 0.5, 5000).run();
      SyntheticVcpu first = vcpu(parts, pattern, 0, 0.5, 1234);
      var _ = first.run();
      SyntheticVcpu second = vcpu(parts, pattern, 0, 0.5, 5000);
      second.load(stateOf(first));

      assertThat(second.instructions()).isEqualTo(1234);
      assertThat(second.run()).isEqualTo(new VcpuExit.LimitReached());

      assertSameMemory(parts, whole);
    }
  }

  @Test
  void anAccessThatFaultedIsSavedWithTheVcpu() throws IOException {
    try (GuestMemory memory = twoSlots()) {
      memory.slots().forEach(MemorySlot::enableUserfault);
      SyntheticVcpu first = vcpu(memory, Pattern.UNIFORM, 0, 0.5, 0);
      SyntheticVcpu second = vcpu(memory, Pattern.UNIFORM, 0, 0.5, 0);
      String fault = first.run().toString();

      second.load(stateOf(first));

      assertThat(second.run()).hasToString(fault);
    }
  }

  @Test
  void aStateOfAnotherMemoryIsRefused() throws IOException {
    try (GuestMemory memory = twoSlots()) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      DataOutputStream out = new DataOutputStream(bytes);
      for (long word : new long[] {1, 2, 3, PAGES, 0}) {
        out.writeLong(word);
      }
      var in = new DataInputStream(new ByteArrayInputStream(bytes.toByteArray()));

      assertThatThrownBy(() -> vcpu(memory, Pattern.UNIFORM, 0, 0.5, 0).load(in))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("300 pages");
    }
  }

  @Test
  void aDamagedWordEndsTheGuest() {
    for (int bit = 0; bit < Long.SIZE; bit++) {
      try (GuestMemory memory = twoSlots()) {
        var _ = vcpu(memory, Pattern.SEQUENTIAL, 0, 1, PAGES).run();
        var segment = memory.slots().getFirst().segment();
        long damaged = segment.get(JAVA_LONG, SyntheticVcpu.WORD_SPACING) ^ (1L << bit);
        segment.set(JAVA_LONG, SyntheticVcpu.WORD_SPACING, damaged);

        SyntheticVcpu reader = vcpu(memory, Pattern.SEQUENTIAL, 0, 0, PAGES);

        assertThat(reader.run()).isEqualTo(new VcpuExit.Shutdown(1));
      }
    }
  }

  @Test
  void aPageInThePlaceOfAnotherEndsTheGuest() {
    try (GuestMemory memory = twoSlots()) {
      var _ = vcpu(memory, Pattern.SEQUENTIAL, 0, 1, PAGES).run();
      var segment = memory.slots().getFirst().segment();
      segment.asSlice(0, 4096).copyFrom(segment.asSlice(4096, 4096));

      assertThat(vcpu(memory, Pattern.SEQUENTIAL, 0, 0, PAGES).run())
          .isEqualTo(new VcpuExit.Shutdown(1));
    }
  }

  @Test
  void aKickBeforeOrDuringAParkedRunInterruptsIt() throws Exception {
    try (GuestMemory memory = twoSlots()) {
      SyntheticVcpu vcpu = vcpu(memory, Pattern.UNIFORM, 1, 0.5, 0);
      vcpu.kick();
      assertThat(vcpu.kicked()).isTrue();
      assertThat(vcpu.run()).isEqualTo(new VcpuExit.Interrupted());
      assertThat(vcpu.kicked()).isFalse();

      CompletableFuture<VcpuExit> exit = CompletableFuture.supplyAsync(vcpu::run);
      while (vcpu.instructions() == 0) {
        Thread.onSpinWait();
      }
      vcpu.kick();

      assertThat(exit.get(10, TimeUnit.SECONDS)).isEqualTo(new VcpuExit.Interrupted());
    }
  }

  private static DataInputStream stateOf(SyntheticVcpu vcpu) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    vcpu.save(new DataOutputStream(bytes));
    return new DataInputStream(new ByteArrayInputStream(bytes.toByteArray()));
  }

  private static void assertSameMemory(GuestMemory actual, GuestMemory expected) {
    for (int i = 0; i < expected.slots().size(); i++) {
      assertThat(actual.slots().get(i).segment().mismatch(expected.slots().get(i).segment()))
          .isEqualTo(-1);
    }
  }
}
