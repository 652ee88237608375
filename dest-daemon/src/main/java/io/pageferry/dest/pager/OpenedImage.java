package io.pageferry.dest.pager;

import io.pageferry.daemon.guest.StatusMessages;
import io.pageferry.dest.handover.Region;
import io.pageferry.dest.target.Extent;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.SlotLayout;
import io.pageferry.migration.MigrationKey;
import io.pageferry.proto.v1.ImageSlot;
import io.pageferry.proto.v1.OpenImageResponse;
import java.util.ArrayList;
import java.util.List;

/**
 * An image as the source describes it when a delivery is opened. Immutable.
 *
 * @param response what it said
 * @param key names the delivery
 */
record OpenedImage(OpenImageResponse response, MigrationKey key) {
  static OpenedImage of(OpenImageResponse response) {
    if (response.getSlotsCount() == 0) {
      throw new IllegalArgumentException("The source's image has no slot.");
    }
    return new OpenedImage(response, StatusMessages.key(response.getMigration()));
  }

  List<SlotLayout> layouts() {
    return response.getSlotsList().stream()
        .map(ImageSlot::getSlot)
        .map(s -> new SlotLayout(s.getId(), s.getGuestPhysicalAddress(), s.getSizeBytes()))
        .toList();
  }

  /** Whether it has the same pages with the same bytes, as far as the source knows. */
  boolean isSame(OpenedImage other) {
    return key.guestId().equals(other.key.guestId())
        && response.getSlotsList().equals(other.response.getSlotsList())
        && response.getContentsList().equals(other.response.getContentsList());
  }

  /**
   * Where its pages are in the target.
   *
   * @throws IllegalArgumentException if a region has bytes that no slot has
   */
  List<Extent> extents(List<Region> regions) {
    List<Extent> extents = new ArrayList<>();
    for (Region region : regions) {
      long covered = 0;
      for (ImageSlot slot : response.getSlotsList()) {
        long start = slot.getImageOffset();
        long from = Math.max(region.offset(), start);
        long to = Math.min(region.endOffset(), start + slot.getSlot().getSizeBytes());
        if (from < to) {
          extents.add(
              new Extent(
                  region.address() + from - region.offset(),
                  slot.getSlot().getId(),
                  PageGeometry.pages(from - start),
                  PageGeometry.pages(to - from)));
          covered += to - from;
        }
      }
      if (covered != region.bytes()) {
        throw new IllegalArgumentException(
            "The image %s has %d of the %d bytes from offset %d on that a region wants."
                .formatted(response.getImage(), covered, region.bytes(), region.offset()));
      }
    }
    return extents;
  }
}
