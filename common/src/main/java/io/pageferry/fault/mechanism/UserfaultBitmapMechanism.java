package io.pageferry.fault.mechanism;

import io.pageferry.fault.FaultMechanism;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.UserfaultBitmap;

/**
 * KVM's userfault: a vCPU tests its page's bit in the slot's {@link UserfaultBitmap}, and exits
 * with a memory fault if it is set. The bits are changed without a lock. Any thread.
 */
public final class UserfaultBitmapMechanism implements FaultMechanism {
  private final MemorySlot slot;

  /** Of a slot whose userfault is off. */
  public UserfaultBitmapMechanism(MemorySlot slot) {
    this.slot = slot;
  }

  @Override
  public MemorySlot slot() {
    return slot;
  }

  @Override
  public void enable() {
    var _ = slot.enableUserfault();
  }

  @Override
  public void trap(long first, long count) {
    UserfaultBitmap bitmap = slot.userfault();
    if (bitmap == null) {
      throw new IllegalStateException("Userfault is off for slot " + slot.id() + ".");
    }
    bitmap.trap(first, count);
  }

  @Override
  public void lift(long first, long count) {
    UserfaultBitmap bitmap = slot.userfault();
    if (bitmap != null) {
      bitmap.lift(first, count);
    }
  }

  @Override
  public boolean traps(long page) {
    UserfaultBitmap bitmap = slot.userfault();
    return bitmap != null && bitmap.traps(page);
  }

  @Override
  public void disable() {
    slot.disableUserfault();
  }

  @Override
  public int bitsPerPage() {
    return 1;
  }
}
