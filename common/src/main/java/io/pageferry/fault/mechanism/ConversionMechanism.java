package io.pageferry.fault.mechanism;

import io.pageferry.fault.FaultMechanism;
import io.pageferry.fault.PageBytes;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageBitmap;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.PageHash;

/**
 * The mechanism for guests that keep memory private. Every page starts as shared memory. A vCPU's
 * first access to a page that the guest keeps private is then of the wrong kind, and exits; whoever
 * handles the exit knows whether the page has come, and converts it. Pages that the guest shares
 * never convert: their accesses stop as with a userfault bitmap.
 *
 * <p>What the guest wishes is the slot's ({@link MemorySlot#isPrivate}) and travels with the guest.
 * What the hypervisor has is {@link MemoryAttributes#PRIVATE}, changed under the locks of {@link
 * MemoryAttributes}. Any thread.
 */
final class ConversionMechanism implements FaultMechanism {
  private final MemorySlot slot;
  private final MemoryAttributes attributes;
  private final PageBitmap missing;
  private final long firstFrame;

  /** Of a slot without traps. */
  ConversionMechanism(MemorySlot slot, MemoryAttributes attributes) {
    this.slot = slot;
    this.attributes = attributes;
    this.missing = slot.newBitmap();
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
    missing.setRange(first, count);
    attributes.set(firstFrame + first, count, MemoryAttributes.NONE);
  }

  /** {@inheritDoc} Private pages go through {@link #populate}, and through nothing else. */
  @Override
  public long fill(long first, long count, PageBytes bytes) {
    long sum = 0;
    long end = first + count;
    for (long page = first; page < end; ) {
      boolean isPrivate = slot.isPrivate(page);
      long next = page + 1;
      while (next < end && slot.isPrivate(next) == isPrivate) {
        next++;
      }
      sum +=
          isPrivate
              ? populate(page, next - page, bytes)
              : FaultMechanism.super.fill(page, next - page, bytes);
      page = next;
    }
    return sum;
  }

  /**
   * Gives private pages, which no vCPU can access yet, their bytes: what the hypervisor does for
   * the VMM, which cannot write to them itself.
   */
  private long populate(long first, long count, PageBytes bytes) {
    long sum = 0;
    for (long page = first; page < first + count; page++) {
      if (attributes.of(firstFrame + page) == MemoryAttributes.PRIVATE) {
        throw new IllegalStateException(
            "Page " + page + " of slot " + slot.id() + " is the guest's already.");
      }
      bytes.copyPageTo(slot.segment(), PageGeometry.bytes(page));
      sum += PageHash.contribution(slot, page);
    }
    return sum;
  }

  /** {@inheritDoc} A private page's first access exits all the same, to be converted. */
  @Override
  public void lift(long first, long count) {
    missing.clearRange(first, count);
  }

  /** {@inheritDoc} A private page is converted now. */
  @Override
  public void answer(long page) {
    if (missing.get(page)) {
      lift(page, 1);
    }
    if (slot.isPrivate(page)) {
      attributes.set(firstFrame + page, 1, MemoryAttributes.PRIVATE);
    }
  }

  /** {@inheritDoc} From here on they are shared memory, until they are accessed as private. */
  @Override
  public void converted(long first, long count) {
    attributes.set(firstFrame + first, count, MemoryAttributes.NONE);
  }

  @Override
  public boolean traps(long page) {
    return slot.isPrivate(page)
        ? attributes.of(firstFrame + page) != MemoryAttributes.PRIVATE
        : missing.get(page);
  }

  @Override
  public boolean isUserfault(long page) {
    return !slot.isPrivate(page);
  }

  @Override
  public void disable() {
    slot.removeTrap();
  }

  @Override
  public int bitsPerPage() {
    return 1 + SparseMap.NODE_BYTES * Byte.SIZE / 64;
  }
}
