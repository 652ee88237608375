package io.pageferry.fault.mechanism;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.SlotLayout;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExitAlwaysMechanismTest extends FaultMechanismTest {
  ExitAlwaysMechanismTest() {
    super(MechanismKind.EXIT_ALWAYS);
  }

  private static GuestMemory memory() {
    return GuestMemory.anonymous(List.of(new SlotLayout(0, 0, PageGeometry.bytes(64))));
  }

  @Test
  void severalVcpusMayExitForOnePageUntilTheAnswerAndNoneAfterIt() {
    try (GuestMemory memory = memory()) {
      MemorySlot slot = memory.slots().getFirst();
      ExitAlwaysMechanism mechanism = new ExitAlwaysMechanism(slot, AnsweredPages.bitmap(slot));
      mechanism.enable();
      assertThat(mechanism.traps(3)).isTrue();
      assertThat(mechanism.traps(3)).isTrue();
      // That the page has come is not what the hypervisor goes by.
      mechanism.lift(3, 1);
      assertThat(mechanism.traps(3)).isTrue();
      mechanism.answer(3);
      assertThat(mechanism.traps(3)).isFalse();
    }
  }

  /**
   * Why "each page exits once" cannot be chosen. A hypervisor that records a page when a vCPU exits
   * for it lets the next vCPU through, while the page is still to come.
   */
  @Test
  void aHypervisorThatRecordsAPageAtItsExitShowsASecondVcpuMemoryWithoutItsData() {
    try (GuestMemory memory = memory()) {
      MemorySlot slot = memory.slots().getFirst();
      AnsweredPages exited = AnsweredPages.bitmap(slot);
      slot.setTrap(page -> {
        boolean first = !exited.contain(page);
        exited.add(page);
        return first;
      });
      var trap = java.util.Objects.requireNonNull(slot.trap());
      assertThat(trap.traps(3)).as("the first vCPU exits, and its VMM begins to fetch").isTrue();
      boolean secondStops = trap.traps(3);
      long secondReads = slot.segment().get(JAVA_LONG, PageGeometry.bytes(3));
      // The page arrives.
      slot.segment().set(JAVA_LONG, PageGeometry.bytes(3), 42);
      assertThat(secondStops).isFalse();
      assertThat(secondReads).as("what the guest never wrote there").isZero();
    }
  }
}
