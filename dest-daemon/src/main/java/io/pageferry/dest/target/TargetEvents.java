package io.pageferry.dest.target;

import io.pageferry.memory.PageGeometry;
import io.pageferry.userfaultfd.PlaceResult;
import io.pageferry.userfaultfd.UserfaultCaller;
import io.pageferry.userfaultfd.UserfaultEvents;
import io.pageferry.userfaultfd.UserfaultException;
import io.pageferry.userfaultfd.Userfaultfd;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the target's userfaultfd reports beside faults: memory that was given back, unmapped or
 * moved, and forks. Taken with the gate closed, so that what they say is noted before anybody
 * places another page. One thread.
 */
final class TargetEvents {
  private static final Logger LOG = LoggerFactory.getLogger(TargetEvents.class);
  private static final int MOST = 32;

  private final TargetMemory target;
  private final UserfaultEvents events;

  TargetEvents(TargetMemory target) {
    this.target = target;
    events = new UserfaultEvents(target.userfaultfd(), MOST);
  }

  /** Takes what there is, and notes all but faults; returns how many there are. */
  int take() {
    int count;
    boolean changes = false;
    target.gate().close();
    try {
      count = events.read();
      for (int i = 0; i < count; i++) {
        if (!isFault(i)) {
          note(i);
          changes = true;
        }
      }
    } finally {
      target.gate().open();
    }
    if (changes) {
      wakeThoseInChangedRanges(count);
    }
    return count;
  }

  boolean isFault(int event) {
    return events.kind(event) == UserfaultEvents.Kind.PAGE_FAULT;
  }

  long address(int event) {
    return events.address(event);
  }

  private void note(int event) {
    long start = events.start(event);
    long end = events.endOrTarget(event);
    switch (events.kind(event)) {
      case REMOVE -> target.noteRemoved(start, end);
      case UNMAP -> target.remap(target.map().without(start, end));
      case REMAP -> target.remap(target.map().moved(start, end, events.movedBytes(event)));
      case FORK -> refuseFork(events.childDescriptor(event), target.map().extents());
      case PAGE_FAULT, UNKNOWN -> {}
    }
  }

  /** They were reported before the change, and would wait for a page that never comes. */
  private void wakeThoseInChangedRanges(int count) {
    for (int i = 0; i < count; i++) {
      long start = events.start(i);
      switch (events.kind(i)) {
        case REMOVE, UNMAP -> target.wake(start, events.endOrTarget(i));
        case REMAP -> target.wake(start, start + events.movedBytes(i));
        default -> {}
      }
    }
  }

  /**
   * A child has the pages that its parent has, and none of the others: it gets a bus error there.
   * Without that they would silently be zero in it.
   */
  private static void refuseFork(int descriptor, List<Extent> extents) {
    LOG.warn(
        "The target has forked, which is not supported: the child gets a bus error where it"
            + " accesses a page that had not come.");
    Thread.ofPlatform().daemon().name("fork").start(() -> poison(descriptor, extents));
  }

  private static void poison(int descriptor, List<Extent> extents) {
    try (Userfaultfd child = Userfaultfd.ofDescriptor(descriptor)) {
      UserfaultCaller caller = new UserfaultCaller(child);
      for (Extent extent : extents) {
        long at = extent.address();
        while (at < extent.end()) {
          PlaceResult result = caller.poison(at, extent.end() - at, true);
          at += caller.doneBytes();
          if (result == PlaceResult.ENDED) {
            return;
          }
          if (result != PlaceResult.DONE && result != PlaceResult.CHANGING) {
            at += PageGeometry.PAGE_SIZE;
          }
        }
      }
    } catch (UserfaultException e) {
      LOG.error("Pages that a child of the target lacks could not be poisoned.", e);
    }
  }
}
