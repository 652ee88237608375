package io.pageferry.fault.mechanism;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.pageferry.fault.FaultMechanism;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.SlotLayout;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Of a guest without private memory the contract; of one that has some, the tests here. */
class ConversionMechanismTest extends FaultMechanismTest {
  private final GuestMemory guest =
      GuestMemory.anonymous(List.of(new SlotLayout(0, 0x8000_0000L, PageGeometry.bytes(64))));
  private final MemorySlot pages = guest.slots().getFirst();
  private final FaultMechanism conversion = MechanismKind.CONVERSION.of(guest).apply(pages);

  ConversionMechanismTest() {
    super(MechanismKind.CONVERSION);
  }

  @BeforeEach
  void keepTheFirstHalfPrivate() {
    pages.convert(0, 32, true);
    conversion.enable();
  }

  @AfterEach
  void unmapGuest() {
    conversion.disable();
    guest.close();
  }

  private void come(long first, long count) {
    var _ =
        conversion.fill(
            first, count, (target, offset) -> target.set(JAVA_LONG, offset, offset + 1));
    conversion.lift(first, count);
  }

  @Test
  void theFirstPrivateAccessExitsForConversionAlsoIfThePageIsHere() {
    assertThat(conversion.traps(3)).isTrue();
    assertThat(conversion.isUserfault(3)).isFalse();
    come(3, 1);
    assertThat(conversion.traps(3)).isTrue();
    conversion.answer(3);
    assertThat(conversion.traps(3)).isFalse();
  }

  @Test
  void sharedPagesNeverConvertAndGoAheadWhenTheyHaveCome() {
    assertThat(conversion.traps(40)).isTrue();
    assertThat(conversion.isUserfault(40)).isTrue();
    come(40, 1);
    assertThat(conversion.traps(40)).isFalse();
  }

  @Test
  void aRunOfBothKindsIsFilledInOrder() {
    come(28, 8);
    for (long page = 28; page < 36; page++) {
      long offset = PageGeometry.bytes(page);
      assertThat(pages.segment().get(JAVA_LONG, offset)).isEqualTo(offset + 1);
    }
  }

  @Test
  void aPrivatePageThatTheGuestHasIsNotPopulatedAgain() {
    come(3, 1);
    conversion.answer(3);
    assertThatIllegalStateException().isThrownBy(() -> come(3, 1));
  }

  @Test
  void aPageThatBecomesSharedIsOneThatHasComeOrHasNot() {
    come(3, 1);
    conversion.answer(3);
    pages.convert(3, 2, false);
    assertThat(conversion.traps(3)).isFalse();
    assertThat(conversion.traps(4)).isTrue();
    assertThat(conversion.isUserfault(4)).isTrue();
  }

  @Test
  void aPageThatBecomesPrivateAgainExitsAgain() {
    come(3, 1);
    conversion.answer(3);
    pages.convert(3, 1, false);
    pages.convert(3, 1, true);
    assertThat(conversion.traps(3)).isTrue();
    conversion.answer(3);
    assertThat(conversion.traps(3)).isFalse();
  }
}
