package io.pageferry.fault.mechanism;

class ExitAlwaysSparseMechanismTest extends FaultMechanismTest {
  ExitAlwaysSparseMechanismTest() {
    super(MechanismKind.EXIT_ALWAYS_SPARSE);
  }
}
