package io.pageferry.guest.riscv;

import io.pageferry.guest.VcpuExit;
import io.pageferry.memory.PageGeometry;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A hart's decoded code: direct-mapped by page, which also makes it the TLB of instruction fetches.
 * Allocates a page of operations when an entry is first used, never afterwards. Used by the hart's
 * thread; {@link #drop} also by another while the hart does not run.
 */
final class CodeCache {
  private static final int ENTRIES = 256;

  private final CodePage[] pages = new CodePage[ENTRIES];
  private final CodePage none = new CodePage();
  private final HartMemory memory;

  CodeCache(HartMemory memory) {
    this.memory = memory;
    Arrays.fill(pages, none);
  }

  /** Forgets all decoded code and all mappings of code, and frees their memory. */
  void drop() {
    for (CodePage page : pages) {
      // The hart may still hold one.
      page.address = CodePage.NO_PAGE;
    }
    Arrays.fill(pages, none);
  }

  /** The entry where the page of an address would be; its address tells whether it is. */
  CodePage peek(long address) {
    return pages[(int) (address >>> PageGeometry.PAGE_SHIFT) & (ENTRIES - 1)];
  }

  /** The page of an address; null after stopping the hart with a trap or a fault. */
  @Nullable CodePage get(long address) {
    long pageAddress = address & HartMemory.BYTE_TAG;
    CodePage page = peek(address);
    if (page.address == pageAddress) {
      return page;
    }
    if (memory.hostAddress(address, Integer.BYTES, VcpuExit.Access.EXECUTE) == 0) {
      return null;
    }
    if (page == none) {
      page = new CodePage();
      pages[(int) (address >>> PageGeometry.PAGE_SHIFT) & (ENTRIES - 1)] = page;
    }
    page.reuse(
        pageAddress,
        memory.hostAddress(pageAddress, PageGeometry.PAGE_SIZE, VcpuExit.Access.EXECUTE));
    return page;
  }
}
