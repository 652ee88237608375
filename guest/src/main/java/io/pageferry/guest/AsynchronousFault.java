package io.pageferry.guest;

/**
 * An access to a missing page that cannot leave a vCPU's run: a device made it.
 *
 * @param slotId slot of the page
 * @param page number of the page in the slot
 * @param guestPhysicalAddress address of the access
 * @param access what it wants to do
 */
public record AsynchronousFault(
    int slotId, long page, long guestPhysicalAddress, VcpuExit.Access access) {
  /** Whether both are about the same page. */
  boolean isAboutThePageOf(AsynchronousFault other) {
    return slotId == other.slotId && page == other.page;
  }
}
