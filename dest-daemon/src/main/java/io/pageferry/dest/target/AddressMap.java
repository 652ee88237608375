package io.pageferry.dest.target;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the pages of the image are in the target. Immutable; a change makes another one. Finding
 * allocates nothing.
 */
public final class AddressMap {
  /** So many are left of the regions at most, however often the target moves parts of them. */
  static final int MOST_EXTENTS = 4096;

  private final Extent[] extents;

  /** With extents that do not overlap. */
  public AddressMap(List<Extent> extents) {
    if (extents.size() > MOST_EXTENTS) {
      throw new IllegalStateException(
          "The target has cut its memory into more than " + MOST_EXTENTS + " pieces.");
    }
    this.extents = extents.toArray(Extent[]::new);
  }

  /** The extent that an address lies in, or null. */
  @Nullable Extent at(long address) {
    for (Extent extent : extents) {
      if (extent.contains(address)) {
        return extent;
      }
    }
    return null;
  }

  /** The extent that has a page, or null: then nobody can access the page. */
  @Nullable Extent of(int slotId, long page) {
    for (Extent extent : extents) {
      if (extent.holds(slotId, page)) {
        return extent;
      }
    }
    return null;
  }

  /** All extents. */
  List<Extent> extents() {
    return List.of(extents);
  }

  /** The parts of extents that lie in a range. */
  List<Extent> within(long start, long end) {
    List<Extent> parts = new ArrayList<>();
    for (Extent extent : extents) {
      long from = Math.max(start, extent.address());
      long to = Math.min(end, extent.end());
      if (from < to) {
        parts.add(extent.part(from, to));
      }
    }
    return parts;
  }

  /** Without a range, which was unmapped. */
  AddressMap without(long start, long end) {
    List<Extent> left = new ArrayList<>();
    for (Extent extent : extents) {
      if (start >= extent.end() || end <= extent.address()) {
        left.add(extent);
        continue;
      }
      if (extent.address() < start) {
        left.add(extent.part(extent.address(), start));
      }
      if (extent.end() > end) {
        left.add(extent.part(end, extent.end()));
      }
    }
    return new AddressMap(left);
  }

  /** With a range at another address. */
  AddressMap moved(long from, long to, long bytes) {
    List<Extent> moved =
        within(from, from + bytes).stream()
            .map(extent -> extent.movedTo(extent.address() - from + to))
            .toList();
    List<Extent> all =
        new ArrayList<>(without(from, from + bytes).without(to, to + bytes).extents());
    all.addAll(moved);
    return new AddressMap(all);
  }
}
