package io.pageferry.fault.mechanism;

import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageBitmap;
import java.util.concurrent.locks.ReentrantLock;

/** The hypervisor's own record of pages whose exits have been answered. Any thread. */
interface AnsweredPages {
  /** Whether the page is recorded. Acquire. */
  boolean contain(long page);

  /** Records a page. Release. */
  void add(long page);

  /** Forgets pages. */
  void remove(long first, long count);

  /** Bits of state for each page of the slot. */
  int bitsPerPage();

  /** One bit a page. */
  static AnsweredPages bitmap(MemorySlot slot) {
    PageBitmap bits = slot.newBitmap();
    return new AnsweredPages() {
      @Override
      public boolean contain(long page) {
        return bits.get(page);
      }

      @Override
      public void add(long page) {
        var _ = bits.set(page);
      }

      @Override
      public void remove(long first, long count) {
        bits.clearRange(first, count);
      }

      @Override
      public int bitsPerPage() {
        return 1;
      }
    };
  }

  /** An entry for each recorded page, changed under a lock. */
  static AnsweredPages sparse() {
    SparseMap pages = new SparseMap();
    ReentrantLock lock = new ReentrantLock();
    return new AnsweredPages() {
      @Override
      public boolean contain(long page) {
        return pages.get(page) != 0;
      }

      @Override
      public void add(long page) {
        set(page, 1, 1);
      }

      @Override
      public void remove(long first, long count) {
        set(first, count, 0);
      }

      private void set(long first, long count, long value) {
        lock.lock();
        try {
          for (long page = first; page < first + count; page++) {
            pages.set(page, value);
          }
        } finally {
          lock.unlock();
        }
      }

      @Override
      public int bitsPerPage() {
        return SparseMap.NODE_BYTES * Byte.SIZE / 64;
      }
    };
  }
}
