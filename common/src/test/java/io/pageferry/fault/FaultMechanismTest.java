package io.pageferry.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.SlotLayout;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What every mechanism does; each has a subclass. */
abstract class FaultMechanismTest {
  private static final int PAGES = 200;

  private final GuestMemory memory =
      GuestMemory.anonymous(List.of(new SlotLayout(0, 0x8000_0000L, PageGeometry.bytes(PAGES))));
  private final FaultMechanism mechanism = mechanism(memory.slots().getFirst());

  /** A mechanism that is not enabled. */
  abstract FaultMechanism mechanism(MemorySlot slot);

  @AfterEach
  void unmap() {
    memory.close();
  }

  private long trapped() {
    long trapped = 0;
    for (int page = 0; page < PAGES; page++) {
      trapped += mechanism.traps(page) ? 1 : 0;
    }
    return trapped;
  }

  @Test
  void nothingIsTrappedBeforeItIsEnabledAndEverythingAfterwards() {
    assertThat(trapped()).isZero();
    mechanism.enable();
    assertThat(trapped()).isEqualTo(PAGES);
    assertThatIllegalStateException().isThrownBy(mechanism::enable);
  }

  @Test
  void aTrapIsLiftedAndSetForTheGivenPagesOnly() {
    mechanism.enable();
    mechanism.lift(60, 70);
    assertThat(trapped()).isEqualTo(PAGES - 70);
    assertThat(mechanism.traps(59)).isTrue();
    assertThat(mechanism.traps(60)).isFalse();
    assertThat(mechanism.traps(129)).isFalse();
    assertThat(mechanism.traps(130)).isTrue();
    mechanism.trap(100, 2);
    assertThat(trapped()).isEqualTo(PAGES - 68);
  }

  @Test
  void onceDisabledItTrapsNothingAndCanBeEnabledAgain() {
    mechanism.enable();
    mechanism.lift(3, 1);
    mechanism.disable();
    mechanism.disable();
    assertThat(trapped()).isZero();
    mechanism.enable();
    assertThat(trapped()).isEqualTo(PAGES);
  }
}
