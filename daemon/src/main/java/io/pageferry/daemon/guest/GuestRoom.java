package io.pageferry.daemon.guest;

import io.pageferry.config.DataSize;
import io.pageferry.host.HostMemory;
import io.pageferry.memory.PageGeometry;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;

/**
 * Whether a guest fits into the memory that is left to this daemon, asked before any of it is
 * taken: a guest that does not fit would be killed by the kernel later, with its daemon.
 *
 * <p>What a guest may have is the room that the host and the cgroups leave now, when the daemon
 * itself is in memory already, less what the daemon takes in addition during a migration: {@link
 * #RESERVE} and the bookkeeping of the guest's pages. Stateless; any thread.
 */
public final class GuestRoom {
  /** Growth of the heap, of buffers, of compiled code and of threads' stacks in a migration. */
  public static final DataSize RESERVE = new DataSize(64 << 20);

  /** As the destination's: userfault, written, and two of its state. */
  private static final int BOOKKEEPING_BITS_PER_PAGE = 4;

  private final HostMemory host;
  private final String daemon;

  /**
   * Room at a daemon.
   *
   * @param daemon what the daemon is called in sentences, such as "source"
   */
  public GuestRoom(HostMemory host, String daemon) {
    this.host = host;
    this.daemon = daemon;
  }

  /**
   * Nothing if a guest fits.
   *
   * @param guest its name
   * @param bytes size of its memory
   * @param promised memory that other guests may still fill
   * @throws PageFerryException INSUFFICIENT_MEMORY otherwise; the sentence says what there is
   */
  public void require(String guest, long bytes, long promised) {
    HostMemory.Room room = host.room();
    long own = RESERVE.bytes() + bookkeepingBytes(bytes) + promised;
    long left = Math.max(0, room.availableBytes() - own);
    if (bytes <= left) {
      return;
    }
    boolean limited = room.limitBytes().isPresent();
    throw new PageFerryException(
        ErrorCode.INSUFFICIENT_MEMORY,
        "Guest %s needs %s of memory, but the %s has %s available for it: %s, of which %s are free, and the daemon itself and its other guests need %s; %s."
            .formatted(
                guest,
                new DataSize(bytes),
                daemon,
                new DataSize(left),
                limited
                    ? "its memory limit is " + new DataSize(room.limitBytes().getAsLong())
                    : "its host has " + new DataSize(host.physicalBytes()),
                new DataSize(room.availableBytes()),
                new DataSize(own),
                remedy(limited, bytes - left)));
  }

  private static String remedy(boolean limited, long missingBytes) {
    String missing = new DataSize(wholeMebibytes(missingBytes)).toString();
    return limited
        ? "raise the limit by " + missing + " or take a smaller guest"
        : "free " + missing + ", or take a smaller guest or another host";
  }

  private static long wholeMebibytes(long bytes) {
    long mebibyte = 1 << 20;
    return bytes > Long.MAX_VALUE - mebibyte ? bytes : (bytes + mebibyte - 1) / mebibyte * mebibyte;
  }

  private static long bookkeepingBytes(long guestBytes) {
    return guestBytes / PageGeometry.PAGE_SIZE * BOOKKEEPING_BITS_PER_PAGE / Byte.SIZE;
  }
}
