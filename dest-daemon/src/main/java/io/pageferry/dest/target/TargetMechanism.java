package io.pageferry.dest.target;

import io.pageferry.fault.FaultMechanism;
import io.pageferry.fault.PageBytes;
import io.pageferry.memory.MemorySlot;

/**
 * The userfaultfd of another process: the kernel stops its threads at pages that are missing there,
 * and a page that is put in place lets those go on that wait for it. So the trap of a page is
 * lifted by the same call that gives it its bytes, and {@link #lift} has nothing to do.
 *
 * <p>The slot only has the geometry; nothing is ever written to its memory. Any thread.
 */
public final class TargetMechanism implements FaultMechanism {
  private final MemorySlot slot;
  private final TargetMemory target;

  /** Of a slot of the image. */
  public TargetMechanism(MemorySlot slot, TargetMemory target) {
    this.slot = slot;
    this.target = target;
  }

  @Override
  public MemorySlot slot() {
    return slot;
  }

  /** The target has registered its memory before. */
  @Override
  public void enable() {}

  /** Only the target can make a page missing again. */
  @Override
  public void trap(long first, long count) {
    throw new UnsupportedOperationException("Another process' pages cannot be taken away.");
  }

  @Override
  public long fill(long first, long count, PageBytes bytes) {
    return target.fill(slot, first, count, bytes);
  }

  @Override
  public void fillZeros(long first, long count) {
    target.fillZeros(slot, first, count);
  }

  @Override
  public boolean populates() {
    return false;
  }

  @Override
  public void lift(long first, long count) {}

  /** Unknown here: the kernel knows. */
  @Override
  public boolean traps(long page) {
    return false;
  }

  @Override
  public void disable() {}

  @Override
  public int bitsPerPage() {
    return 1;
  }
}
