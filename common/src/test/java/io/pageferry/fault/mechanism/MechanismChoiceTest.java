package io.pageferry.fault.mechanism;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class MechanismChoiceTest {
  @Test
  void aNameIsForAllSlotsAndASlotCanHaveAnother() {
    MechanismChoice choice = MechanismChoice.parse("memory-attributes,1=exit-always");
    assertThat(choice.of(0)).isEqualTo(MechanismKind.MEMORY_ATTRIBUTES);
    assertThat(choice.of(1)).isEqualTo(MechanismKind.EXIT_ALWAYS);
    assertThat(choice).hasToString("memory-attributes,1=exit-always");
    assertThat(MechanismChoice.parse("2=exit-always").of(0))
        .isEqualTo(MechanismKind.USERFAULT_BITMAP);
  }

  @Test
  void everyNameIsReadAsItIsWritten() {
    for (String name : MechanismKind.names()) {
      assertThat(MechanismChoice.parse(name)).hasToString(name);
    }
  }

  @Test
  void whatCannotBeRightIsRefusedInASentence() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MechanismChoice.parse("magic"))
        .withMessageStartingWith("'magic' is not a fault mechanism; there are userfault-bitmap, ");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MechanismChoice.parse("exit-always,userfault-bitmap"))
        .withMessageContaining("two mechanisms for all slots");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MechanismChoice.parse("exit-always,x=userfault-bitmap"))
        .withMessage("'x' is not the number of a slot.");
  }
}
