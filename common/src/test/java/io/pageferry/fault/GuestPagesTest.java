package io.pageferry.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pageferry.fault.mechanism.UserfaultBitmapMechanism;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.SlotLayout;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GuestPagesTest {
  private final GuestMemory memory =
      GuestMemory.anonymous(
          List.of(
              new SlotLayout(7, 0x8000_0000L, PageGeometry.bytes(10)),
              new SlotLayout(2, 0x9000_0000L, PageGeometry.bytes(20))));
  private final GuestPages guest = GuestPages.missing(memory, UserfaultBitmapMechanism::new);

  @AfterEach
  void unmap() {
    memory.close();
  }

  private SlotPages second() {
    return guest.of(memory.slots().getLast());
  }

  @Test
  void everyPageOfEverySlotIsMissingAndTrapped() {
    for (SlotPages slot : guest.slots()) {
      for (long page = 0; page < slot.slot().pageCount(); page++) {
        assertThat(slot.states().state(page)).isEqualTo(PageStates.State.MISSING);
        assertThat(slot.mechanism().traps(page)).isTrue();
      }
    }
    assertThat(guest.presentPages()).isZero();
    assertThat(guest.pageCount()).isEqualTo(30);
  }

  @Test
  void presentAndTrappedAreTwoFacts() {
    assertThat(second().states().claim(4, 1)).isOne();
    second().states().present(4, 1);
    assertThat(second().mechanism().traps(4)).isTrue();
    second().mechanism().lift(5, 1);
    assertThat(second().states().isPresent(5)).isFalse();
    assertThat(guest.presentPages()).isOne();
  }

  @Test
  void aPageHasOneNumberAmongThoseOfAllSlots() {
    assertThat(second().numberOf(4)).isEqualTo(14);
    assertThat(second().states().claim(4, 1)).isOne();
    second().states().present(4, 1);
    assertThat(guest.isPresent(14)).isTrue();
    assertThat(guest.isPresent(4)).isFalse();
    assertThatThrownBy(() -> guest.isPresent(30)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void aSlotIsFoundByItsIdAndByAnAddressInIt() {
    assertThat(guest.find(2)).isSameAs(second());
    assertThat(guest.find(3)).isNull();
    assertThat(guest.at(0x9000_0000L)).isSameAs(second());
    assertThat(guest.at(0x9000_0000L + PageGeometry.bytes(20))).isNull();
    try (GuestMemory other =
        GuestMemory.anonymous(List.of(new SlotLayout(3, 0, PageGeometry.PAGE_SIZE)))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> guest.of(other.slots().getFirst()))
          .withMessageContaining("Slot 3");
    }
  }

  @Test
  void itIsCompleteOnceEveryPageOfEverySlotIsPresent() {
    for (SlotPages slot : guest.slots()) {
      assertThat(guest.isComplete()).isFalse();
      long count = slot.slot().pageCount();
      assertThat(slot.states().claim(0, count)).isEqualTo(count);
      slot.states().present(0, count);
    }
    assertThat(guest.isComplete()).isTrue();
  }

  @Test
  void whatVcpusUseIsNotedInTheStates() {
    assertThat(second().states().claim(4, 2)).isEqualTo(2);
    second().states().presentAhead(4, 2);
    var touches = memory.slots().getLast().firstTouches();
    assertThat(touches).isNotNull();
    touches.touch(5);
    assertThat(guest.aheadPages()).isEqualTo(2);
    assertThat(guest.usedPages()).isOne();
  }
}
