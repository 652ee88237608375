package io.pageferry.fault;

import io.pageferry.memory.MemorySlot;

class UserfaultMechanismTest extends FaultMechanismTest {
  @Override
  FaultMechanism mechanism(MemorySlot slot) {
    return new UserfaultMechanism(slot);
  }
}
