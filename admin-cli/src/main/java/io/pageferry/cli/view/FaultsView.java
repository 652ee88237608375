package io.pageferry.cli.view;

import io.pageferry.proto.v1.ListSlowestFaultsResponse;
import io.pageferry.proto.v1.PageOrigin;
import io.pageferry.proto.v1.SlowFault;
import io.pageferry.text.PlainText;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The slowest faults, a line each. Stateless. */
public final class FaultsView {
  /** Columns from which on slot, page and address are shown too. */
  private static final int WIDE = 110;

  private static final int PAGE_SHIFT = 12;

  private FaultsView() {}

  /**
   * The table.
   *
   * @param width columns of the reader; slot, page and address are left out where it has few
   */
  public static List<String> render(ListSlowestFaultsResponse faults, int width, Palette palette) {
    String migration = PlainText.of(faults.getMigration().getMigrationId());
    if (faults.getFaultsCount() == 0) {
      return List.of("No vCPU has waited for a page in migration " + migration + ".");
    }
    boolean wide = width >= WIDE;
    List<String> lines = new ArrayList<>();
    lines.add(
        "The slowest %s of %s faults in migration %s:"
            .formatted(
                Units.count(faults.getFaultsCount()),
                Units.count(faults.getFaultCount()),
                migration));
    lines.add("");
    lines.add(
        palette.dim(
            row(
                wide,
                List.of("at", "total", "queue", "wire", "install", "resume"),
                List.of("vCPU", "origin", "gfn", "slot", "page", "address"))));
    for (SlowFault fault : faults.getFaultsList()) {
      lines.add(row(wide, times(fault), place(fault)));
    }
    return lines;
  }

  private static List<String> times(SlowFault fault) {
    boolean known = fault.getOrigin() != PageOrigin.PAGE_ORIGIN_UNSPECIFIED;
    List<String> times = new ArrayList<>();
    times.add(Units.duration(fault.getAtNanos()));
    times.add(Units.duration(fault.getTotalNanos()));
    for (long part :
        List.of(
            fault.getQueueNanos(),
            fault.getWireNanos(),
            fault.getInstallNanos(),
            fault.getResumeNanos())) {
      times.add(known ? Units.duration(part) : "-");
    }
    return times;
  }

  private static List<String> place(SlowFault fault) {
    return List.of(
        Integer.toString(fault.getVcpu()),
        origin(fault.getOrigin()),
        hex(fault.getGuestPhysicalAddress() >>> PAGE_SHIFT),
        Integer.toString(fault.getSlot()),
        Units.count(fault.getPage()),
        hex(fault.getGuestPhysicalAddress()));
  }

  private static String origin(PageOrigin origin) {
    return switch (origin) {
      case PAGE_ORIGIN_UNSPECIFIED, UNRECOGNIZED -> "-";
      default -> origin.name().substring("PAGE_ORIGIN_".length()).toLowerCase(Locale.ROOT);
    };
  }

  private static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }

  private static String row(boolean wide, List<String> times, List<String> place) {
    StringBuilder row = new StringBuilder();
    times.forEach(time -> row.append(Text.right(time, 9)));
    row.append(Text.right(place.get(0), 6))
        .append("  ")
        .append(Text.pad(place.get(1), 8))
        .append(Text.right(place.get(2), 9));
    if (wide) {
      row.append(Text.right(place.get(3), 6))
          .append(Text.right(place.get(4), 12))
          .append(Text.right(place.get(5), 13));
    }
    return row.toString();
  }
}
