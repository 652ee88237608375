package io.pageferry.userfaultfd;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One thread's view of what a userfaultfd reports. {@link #read} replaces the events that were read
 * before; the accessors take an event's index. Nothing is allocated for each event.
 *
 * <p>One thread at a time. Of several threads that each have one, every event goes to one of them.
 * It lives no longer than the {@link Userfaultfd}.
 */
public final class UserfaultEvents {
  /** What has happened. */
  public enum Kind {
    /** A thread waits for a page. */
    PAGE_FAULT,
    /** The process has forked; the event brings the child's userfaultfd, which must be closed. */
    FORK,
    /** Memory has moved to another address. */
    REMAP,
    /** Memory was given back: its pages are missing again, and hold zeros. */
    REMOVE,
    /** Memory was unmapped. */
    UNMAP,
    /** Something that this version does not know. */
    UNKNOWN
  }

  /** The access was a write. */
  public static final long FLAG_WRITE = 1;

  /** The access was a write to a page that is write-protected. */
  public static final long FLAG_WRITE_PROTECTED = 1 << 1;

  /** The page is in the page cache, and not mapped. */
  public static final long FLAG_MINOR = 1 << 2;

  private static final long MESSAGE_BYTES = 32;
  private static final long POLLED_BYTES = 8;
  private static final short READABLE = 1;

  private final int descriptor;
  private final MemorySegment error;
  private final MemorySegment messages;
  private final MemorySegment polled;

  /**
   * For the thread that will use it.
   *
   * @param most events that one {@link #read} brings
   */
  public UserfaultEvents(Userfaultfd userfaultfd, int most) {
    descriptor = userfaultfd.descriptor();
    Arena arena = Arena.ofAuto();
    error = LinuxUserfault.newError(arena);
    messages = arena.allocate(MESSAGE_BYTES * most, Long.BYTES);
    polled = arena.allocate(2 * POLLED_BYTES, Long.BYTES);
  }

  /**
   * Takes the events that there are. Does not wait.
   *
   * @return how many
   * @throws UserfaultException if the descriptor is none of a userfaultfd
   */
  public int read() {
    while (true) {
      long bytes = LinuxUserfault.read(error, descriptor, messages);
      if (bytes >= 0) {
        return (int) (bytes / MESSAGE_BYTES);
      }
      int code = LinuxUserfault.code(error);
      if (code == LinuxUserfault.EAGAIN) {
        return 0;
      }
      if (code != LinuxUserfault.EINTR) {
        throw new UserfaultException("Events of a userfaultfd cannot be read", code);
      }
    }
  }

  /**
   * Waits until there are events, without taking them.
   *
   * @param timeoutMillis how long at most; -1 for ever
   * @param interruption a descriptor that ends the wait once it is readable, or -1
   * @return whether there may be events
   */
  public boolean await(int timeoutMillis, int interruption) {
    polled.set(JAVA_INT, 0, descriptor);
    polled.set(JAVA_SHORT, 4, READABLE);
    polled.set(JAVA_SHORT, 6, (short) 0);
    polled.set(JAVA_INT, POLLED_BYTES, interruption);
    polled.set(JAVA_SHORT, POLLED_BYTES + 4, READABLE);
    polled.set(JAVA_SHORT, POLLED_BYTES + 6, (short) 0);
    int ready = LinuxUserfault.poll(error, polled, 2, timeoutMillis);
    // An interrupted wait is one that ended early; its caller looks again.
    return ready > 0 && polled.get(JAVA_SHORT, 6) != 0;
  }

  /** What has happened. */
  public Kind kind(int event) {
    return switch (messages.get(JAVA_BYTE, offset(event))) {
      case 0x12 -> Kind.PAGE_FAULT;
      case 0x13 -> Kind.FORK;
      case 0x14 -> Kind.REMAP;
      case 0x15 -> Kind.REMOVE;
      case 0x16 -> Kind.UNMAP;
      default -> Kind.UNKNOWN;
    };
  }

  /** The flags of a page fault. */
  public long flags(int event) {
    return messages.get(JAVA_LONG, offset(event) + 8);
  }

  /** The address of a page fault: that of its page, unless exact ones were asked for. */
  public long address(int event) {
    return messages.get(JAVA_LONG, offset(event) + 16);
  }

  /** The thread of a page fault, with {@link UserfaultFeature#THREAD_ID}; otherwise 0. */
  public int threadId(int event) {
    return messages.get(JAVA_INT, offset(event) + 24);
  }

  /** The descriptor that a fork brings. It belongs to the caller. */
  public int childDescriptor(int event) {
    return messages.get(JAVA_INT, offset(event) + 8);
  }

  /** Where a range begins that was removed or unmapped, or began before it moved. */
  public long start(int event) {
    return messages.get(JAVA_LONG, offset(event) + 8);
  }

  /** Where a range ends that was removed or unmapped; where one begins that has moved. */
  public long endOrTarget(int event) {
    return messages.get(JAVA_LONG, offset(event) + 16);
  }

  /** The length of a range that has moved. */
  public long movedBytes(int event) {
    return messages.get(JAVA_LONG, offset(event) + 24);
  }

  private static long offset(int event) {
    return event * MESSAGE_BYTES;
  }
}
