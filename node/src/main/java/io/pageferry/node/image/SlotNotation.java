package io.pageferry.node.image;

import io.pageferry.config.DataSize;
import io.pageferry.memory.ImageSlot;
import io.pageferry.memory.SlotLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How {@code --slots} is written: {@code ID:ADDRESS:SIZE@OFFSET}, and more of them after commas.
 * Addresses are hexadecimal with 0x, or decimal; sizes and offsets are data sizes. Stateless.
 */
final class SlotNotation {
  private static final Pattern SLOT =
      Pattern.compile("(\\d{1,9}):(0[xX][0-9a-fA-F]{1,16}|\\d{1,18}):([^@]+)@(.+)");

  private SlotNotation() {}

  /**
   * Reads the notation.
   *
   * @throws IllegalArgumentException with what is wrong, in a sentence
   */
  static List<ImageSlot> parse(String text) {
    List<ImageSlot> slots = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      Matcher slot = SLOT.matcher(part.strip());
      if (!slot.matches()) {
        throw new IllegalArgumentException(
            "'"
                + part
                + "' is not a slot; write ID:ADDRESS:SIZE@OFFSET, such as 0:0x80000000:1GiB@0.");
      }
      slots.add(
          new ImageSlot(
              new SlotLayout(
                  Integer.parseInt(slot.group(1)),
                  Long.decode(slot.group(2)),
                  DataSize.parse(slot.group(3)).bytes()),
              DataSize.parse(slot.group(4)).bytes()));
    }
    return slots;
  }
}
