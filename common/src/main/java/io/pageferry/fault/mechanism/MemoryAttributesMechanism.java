package io.pageferry.fault.mechanism;

import io.pageferry.fault.FaultMechanism;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageGeometry;

/**
 * The mechanism of the series' first version: a vCPU looks its frame's attributes up, and exits
 * with a memory fault if it has {@link MemoryAttributes#USERFAULT}. Each page that comes changes
 * the attributes, under a lock that all vCPUs and lanes share; this is why it does not scale. Any
 * thread.
 */
final class MemoryAttributesMechanism implements FaultMechanism {
  private final MemorySlot slot;
  private final MemoryAttributes attributes;
  private final long firstFrame;

  /** Of a slot without traps. */
  MemoryAttributesMechanism(MemorySlot slot, MemoryAttributes attributes) {
    this.slot = slot;
    this.attributes = attributes;
    this.firstFrame = PageGeometry.pages(slot.base());
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
    attributes.set(firstFrame + first, count, MemoryAttributes.USERFAULT);
  }

  @Override
  public void lift(long first, long count) {
    attributes.set(firstFrame + first, count, MemoryAttributes.NONE);
  }

  @Override
  public boolean traps(long page) {
    return attributes.of(firstFrame + page) == MemoryAttributes.USERFAULT;
  }

  @Override
  public void disable() {
    slot.removeTrap();
    lift(0, slot.pageCount());
  }

  @Override
  public int bitsPerPage() {
    return SparseMap.NODE_BYTES * Byte.SIZE / 64;
  }
}
