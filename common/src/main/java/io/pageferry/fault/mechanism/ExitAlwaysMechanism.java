package io.pageferry.fault.mechanism;

import io.pageferry.fault.FaultMechanism;
import io.pageferry.memory.MemorySlot;

/**
 * Every first touch of a page exits, whether the page is here or not. Whoever handles the exit
 * knows; its answer, and nothing else, makes the hypervisor record the page, and no vCPU exits for
 * it again. Until then several may. Any thread.
 *
 * <p>Recording the page at the exit instead would make each page exit once only; but a second vCPU
 * would then read it before its bytes have come (rule 1), so that variant cannot be chosen.
 */
final class ExitAlwaysMechanism implements FaultMechanism {
  private final MemorySlot slot;
  private final AnsweredPages answered;

  /** Of a slot without traps. */
  ExitAlwaysMechanism(MemorySlot slot, AnsweredPages answered) {
    this.slot = slot;
    this.answered = answered;
  }

  @Override
  public MemorySlot slot() {
    return slot;
  }

  @Override
  public void enable() {
    slot.setTrap(this);
    trap(0, slot.pageCount());
  }

  @Override
  public void trap(long first, long count) {
    answered.remove(first, count);
  }

  /**
   * {@inheritDoc} The hypervisor does not hear of it: the page's first touch exits all the same.
   */
  @Override
  public void lift(long first, long count) {}

  @Override
  public void answer(long page) {
    answered.add(page);
  }

  @Override
  public boolean traps(long page) {
    return !answered.contain(page);
  }

  @Override
  public void disable() {
    slot.removeTrap();
  }

  @Override
  public int bitsPerPage() {
    return answered.bitsPerPage();
  }
}
