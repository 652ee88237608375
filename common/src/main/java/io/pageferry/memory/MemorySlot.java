package io.pageferry.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A contiguous range of guest physical memory and the host memory behind it: KVM's memslot.
 *
 * <p>Any thread. Belongs to a {@link GuestMemory} and dies with it. The bytes are accessed through
 * {@link #segment()} or {@link #hostAddress()}; whoever writes a page first sets its bit in {@link
 * #written()}.
 */
public final class MemorySlot {
  private final int id;
  private final long base;
  private final MemorySegment segment;
  private final PageBitmap written;
  private final Arena owner;
  private volatile @Nullable PageTrap trap;
  private volatile @Nullable FirstTouches firstTouches;
  private volatile @Nullable PageBitmap poisoned;
  private volatile @Nullable PageBitmap privatePages;
  private volatile @Nullable BackingFile file;
  private long fileOffset;

  MemorySlot(int id, long base, MemorySegment segment, Arena owner) {
    this.id = id;
    this.base = base;
    this.segment = segment;
    this.owner = owner;
    this.written = new PageBitmap(PageGeometry.pages(segment.byteSize()), owner);
  }

  /** Small number that names the slot in page messages. */
  public int id() {
    return id;
  }

  /** First guest physical address. */
  public long base() {
    return base;
  }

  /** Size in bytes. */
  public long sizeBytes() {
    return segment.byteSize();
  }

  /** Size in pages. */
  public long pageCount() {
    return PageGeometry.pages(segment.byteSize());
  }

  /** Whether a guest physical address lies in this slot. */
  public boolean contains(long guestPhysicalAddress) {
    return Long.compareUnsigned(guestPhysicalAddress - base, segment.byteSize()) < 0;
  }

  /** The slot's bytes. */
  public MemorySegment segment() {
    return segment;
  }

  /** Host address of the slot's first byte. */
  public long hostAddress() {
    return segment.address();
  }

  /**
   * Pages that may hold something else than zeros. A bit is set before the first write of its page
   * (a vCPU does so when it maps a page for writing); pages whose bit is clear read as zero.
   */
  public PageBitmap written() {
    return written;
  }

  /** What vCPUs ask before they map a page, or null while every page may be mapped. Volatile. */
  public @Nullable PageTrap trap() {
    return trap;
  }

  /**
   * Makes vCPUs ask before they map a page; what they have mapped already they don't ask for. While
   * vCPUs run, go through the machine, which also drops what they have mapped.
   *
   * @throws IllegalStateException if there is a trap
   */
  public void setTrap(PageTrap newTrap) {
    if (trap != null) {
      throw new IllegalStateException("Userfault is already on for slot " + id + ".");
    }
    trap = newTrap;
  }

  /** From now on every page may be mapped. Idempotent. */
  public void removeTrap() {
    trap = null;
  }

  /** The userfault bitmap, or null while that is not what traps accesses. */
  public @Nullable UserfaultBitmap userfault() {
    return trap instanceof UserfaultBitmap bitmap ? bitmap : null;
  }

  /**
   * Switches userfault on, with every page faulting; see {@link #setTrap}.
   *
   * @throws IllegalStateException if it is on
   */
  public UserfaultBitmap enableUserfault() {
    UserfaultBitmap bitmap = new UserfaultBitmap(pageCount(), owner);
    bitmap.trap(0, pageCount());
    setTrap(bitmap);
    return bitmap;
  }

  /**
   * Switches userfault off; the bitmap's memory stays until the guest memory closes. Idempotent.
   */
  public void disableUserfault() {
    removeTrap();
  }

  /** From now on, {@code touches} is told which pages vCPUs use; before they run. */
  public void noteFirstTouches(FirstTouches touches) {
    firstTouches = touches;
  }

  /** Who is told which pages vCPUs use, or null. Volatile read. */
  public @Nullable FirstTouches firstTouches() {
    return firstTouches;
  }

  /**
   * The data of a page is lost: whoever accesses it is to get a machine check instead. It counts as
   * written, so that it is not taken for a page of zeros. A vCPU that has it mapped goes on until
   * its mappings are dropped. Release; idempotent.
   *
   * @return whether it was not poisoned before
   */
  public boolean poison(long page) {
    var _ = written.set(page);
    return poisonedPagesSet().set(page);
  }

  private synchronized PageBitmap poisonedPagesSet() {
    PageBitmap pages = poisoned;
    if (pages == null) {
      pages = new PageBitmap(pageCount(), owner);
      poisoned = pages;
    }
    return pages;
  }

  /**
   * A page whose data is lost may be used again, as it is now.
   *
   * @return whether it was poisoned
   */
  public boolean unpoison(long page) {
    PageBitmap pages = poisoned;
    if (pages == null || !pages.get(page)) {
      return false;
    }
    pages.clearRange(page, 1);
    return true;
  }

  /** Whether the data of a page is lost. Acquire; one read while no page of the slot is. */
  public boolean isPoisoned(long page) {
    PageBitmap pages = poisoned;
    return pages != null && pages.get(page);
  }

  /** Pages whose data is lost. */
  public long poisonedPages() {
    PageBitmap pages = poisoned;
    return pages == null ? 0 : pages.cardinality();
  }

  /** The first page from {@code from} on whose data is lost, or -1. */
  public long nextPoisoned(long from) {
    PageBitmap pages = poisoned;
    return pages == null ? -1 : pages.nextSet(from);
  }

  /**
   * Makes pages private to the guest, or shared again, as the guest wishes. The bytes stay where
   * they are. From then on only vCPUs may access private pages, and whoever moves the guest. One
   * thread at a time.
   */
  public void convert(long firstPage, long count, boolean toPrivate) {
    PageBitmap pages = privatePages;
    if (pages == null) {
      if (!toPrivate) {
        return;
      }
      pages = new PageBitmap(pageCount(), owner);
      privatePages = pages;
    }
    if (toPrivate) {
      pages.setRange(firstPage, count);
    } else {
      pages.clearRange(firstPage, count);
    }
    PageTrap now = trap;
    if (now != null) {
      now.converted(firstPage, count);
    }
  }

  /** Whether a page is private to the guest. Acquire; one read while no page of the slot is. */
  public boolean isPrivate(long page) {
    PageBitmap pages = privatePages;
    return pages != null && pages.get(page);
  }

  /** The first page from {@code from} on that is private, or -1. */
  public long nextPrivate(long from) {
    PageBitmap pages = privatePages;
    return pages == null ? -1 : pages.nextSet(from);
  }

  /** The first page from {@code from} on that is shared, or -1. */
  public long nextShared(long from) {
    PageBitmap pages = privatePages;
    return pages == null ? from : pages.nextClear(from);
  }

  /** The bytes live in a file, from {@code offset} on. */
  void liveIn(BackingFile backing, long offset) {
    fileOffset = offset;
    file = backing;
  }

  /**
   * Whether a page's bytes can be read; they cannot if the file behind them was cut short, or its
   * disk fails. A system call for memory that lives in a file.
   */
  public boolean isReadable(long page) {
    BackingFile backing = file;
    return backing == null || backing.isReadable(fileOffset + PageGeometry.bytes(page));
  }

  /** Another bitmap over this slot's pages, all clear, freed some time after its last use. */
  public PageBitmap newBitmap() {
    return new PageBitmap(pageCount(), Arena.ofAuto());
  }

  /**
   * 64-bit words, all zero, that have {@code bitsPerPage} bits for each of this slot's pages. They
   * are freed some time after their last use.
   *
   * @param bitsPerPage a power of two up to 64
   */
  public MemorySegment newWords(int bitsPerPage) {
    return new PageBitmap(pageCount() * bitsPerPage, Arena.ofAuto()).words();
  }

  /** Bytes of this slot in physical memory now. */
  public long residentBytes() {
    long[] pages = {0};
    forEachResidentPage(page -> pages[0]++);
    return PageGeometry.bytes(pages[0]);
  }

  /** Calls {@code action} with each page of this slot that is in physical memory now. */
  public void forEachResidentPage(LongConsumer action) {
    LinuxMemory.forEachResidentPage(segment, action);
  }

  /**
   * Gives pages physical memory before they are written, for less than each would cost by itself.
   * Their contents stay.
   */
  public void populate(long firstPage, long count) {
    LinuxMemory.populate(segment.asSlice(PageGeometry.bytes(firstPage), PageGeometry.bytes(count)));
  }

  /** Lets pages share huge ones, where whole huge pages lie among them. Their contents stay. */
  public void allowHugePages(long firstPage, long count) {
    LinuxMemory.allowHugePages(
        segment.asSlice(PageGeometry.bytes(firstPage), PageGeometry.bytes(count)));
  }

  /** Gives pages back to the operating system. Anonymous memory then reads as zero. */
  public void discard(long firstPage, long count) {
    LinuxMemory.discard(segment.asSlice(PageGeometry.bytes(firstPage), PageGeometry.bytes(count)));
  }
}
