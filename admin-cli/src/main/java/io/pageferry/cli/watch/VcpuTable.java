package io.pageferry.cli.watch;

import io.pageferry.cli.view.Palette;
import io.pageferry.cli.view.Text;
import io.pageferry.cli.view.Units;
import io.pageferry.proto.v1.GuestState;
import io.pageferry.proto.v1.GuestStatus;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.VcpuStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/** How each vCPU gets on: a line or half a line for each. Stateless. */
final class VcpuTable {
  private static final int COLUMN = 68;
  private static final int GAP = 4;

  private final GuestStatus guest;
  private final Rates rates;
  private final long arrivedNanos;
  private final Palette palette;

  /** Of a guest, with what is known of its migration. */
  VcpuTable(GuestStatus guest, Rates rates, MigrationStatus migration, Palette palette) {
    this.guest = guest;
    this.rates = rates;
    this.arrivedNanos = Rates.sinceArrivalNanos(migration);
    this.palette = palette;
  }

  /** Lines that the whole table takes at a width. */
  int height(int width) {
    return 1 + rows(width);
  }

  private int rows(int width) {
    int columns = columns(width);
    return (guest.getVcpusCount() + columns - 1) / columns;
  }

  private int columns(int width) {
    return Math.clamp((width + GAP) / (COLUMN + GAP), 1, guest.getVcpusCount());
  }

  /** The table in at most so many lines, which are at least 2; says what it leaves out. */
  List<String> render(int width, int height) {
    int columns = columns(width);
    int rows = Math.min(rows(width), height - 1);
    boolean cut = rows < rows(width);
    int shown = (cut ? rows - 1 : rows) * columns;
    int perColumn = cut ? rows - 1 : rows;
    List<String> lines = new ArrayList<>();
    lines.add(joined(columns, column -> palette.dim(header())));
    for (int row = 0; row < perColumn; row++) {
      int at = row;
      lines.add(joined(columns, column -> vcpu(column * perColumn + at)));
    }
    if (cut) {
      lines.add(palette.dim("… and %d more".formatted(guest.getVcpusCount() - shown)));
    }
    return lines;
  }

  private static String joined(int columns, IntFunction<String> cell) {
    StringBuilder line = new StringBuilder();
    for (int column = 0; column < columns; column++) {
      line.append(column == 0 ? "" : " ".repeat(GAP)).append(Text.pad(cell.apply(column), COLUMN));
    }
    return line.toString().stripTrailing();
  }

  private static String header() {
    return Text.pad("vCPU  state", 22)
        + Text.right("faults", 10)
        + Text.right("blocked now", 13)
        + Text.right("so far", 9)
        + Text.right("instr./s", 13);
  }

  private String vcpu(int index) {
    if (index >= guest.getVcpusCount()) {
      return "";
    }
    VcpuStatus vcpu = guest.getVcpus(index);
    double blockedNow = rates.perSecond(index, VcpuTable::blockedNanos) / 1e9;
    double blockedSoFar =
        arrivedNanos == 0 ? Double.NaN : (double) blockedNanos(vcpu) / arrivedNanos;
    return Text.pad(Text.right(Integer.toString(index), 4) + "  " + state(vcpu), 22)
        + Text.right(Units.count(vcpu.getFaults()), 10)
        + Text.right(share(blockedNow), 13)
        + Text.right(share(blockedSoFar), 9)
        + Text.right(rate(rates.perSecond(index, VcpuStatus::getInstructions)), 13);
  }

  /** With the wait that is not over. */
  private static long blockedNanos(VcpuStatus vcpu) {
    return vcpu.getBlocktimeNanos() + vcpu.getWaitingNanos();
  }

  private String state(VcpuStatus vcpu) {
    if (guest.getState() != GuestState.GUEST_STATE_RUNNING) {
      return Units.state(guest.getState());
    }
    return vcpu.getWaitingNanos() == 0
        ? palette.good("running")
        : palette.notice("waits " + Units.duration(vcpu.getWaitingNanos()));
  }

  private static String share(double share) {
    return Double.isNaN(share) ? "-" : Math.round(Math.min(1, share) * 100) + " %";
  }

  private static String rate(double perSecond) {
    return Double.isNaN(perSecond) ? "-" : Units.magnitude(perSecond);
  }
}
