package io.pageferry.fault.mechanism;

class UserfaultBitmapMechanismTest extends FaultMechanismTest {
  UserfaultBitmapMechanismTest() {
    super(MechanismKind.USERFAULT_BITMAP);
  }
}
