package io.pageferry.guest.state;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Sections of a state: what is written is read, and what cannot be right is refused by its name.
 */
class StateReaderTest {
  /** A part whose state is one number. */
  private static final class Counter implements StatePart {
    final String tag;
    int count;

    Counter(String tag, int count) {
      this.tag = tag;
      this.count = count;
    }

    @Override
    public String tag() {
      return tag;
    }

    @Override
    public void save(DataOutput out) throws IOException {
      out.writeInt(count);
    }

    @Override
    public void load(DataInput in) throws IOException {
      count = in.readInt();
    }
  }

  private final Counter left = new Counter("left", 0x1122);
  private final Counter right = new Counter("right-2", -3);

  private static byte[] state(StatePart... parts) {
    StateWriter writer = new StateWriter();
    for (StatePart part : parts) {
      writer.part(part);
    }
    return writer.toByteArray();
  }

  private static void read(byte[] state, StatePart... parts) {
    StateReader reader = new StateReader(state);
    for (StatePart part : parts) {
      reader.part(part);
    }
    reader.checkAllRead();
  }

  private static void assertRefused(ThrowingCallable reading, String complaint) {
    assertThatThrownBy(reading)
        .isInstanceOf(MalformedStateException.class)
        .hasMessage("The machine state is malformed: " + complaint + ".");
  }

  @Test
  void theBytesAreAsTheProtocolSays() {
    assertThat(HexFormat.of().formatHex(state(left, right)))
        .isEqualTo(
            "50464d53"
                + "0003"
                + "04"
                + HexFormat.of().formatHex("left".getBytes(US_ASCII))
                + "0000000400001122"
                + "07"
                + HexFormat.of().formatHex("right-2".getBytes(US_ASCII))
                + "00000004fffffffd");
  }

  @Test
  void sectionsAreReadByTheirTagsInAnyOrder() {
    Counter newLeft = new Counter("left", 0);
    Counter newRight = new Counter("right-2", 0);
    read(state(left, right), newRight, newLeft);
    assertThat(newLeft.count).isEqualTo(left.count);
    assertThat(newRight.count).isEqualTo(right.count);
  }

  @Test
  void aMissingSectionIsRefusedByName() {
    assertRefused(() -> read(state(left), left, right), "section \"right-2\" is missing");
  }

  @Test
  void anUnknownSectionIsRefusedByName() {
    assertRefused(
        () -> read(state(left, right), left),
        "section \"right-2\" belongs to no part of this machine");
  }

  @Test
  void aRepeatedSectionIsRefusedByName() {
    byte[] twice = joined(state(left), withoutHeader(state(left)));
    assertRefused(() -> read(twice, left), "section \"left\" is there twice");
  }

  private static byte[] withoutHeader(byte[] state) {
    return Arrays.copyOfRange(state, StateFormat.HEADER_BYTES, state.length);
  }

  private static byte[] joined(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  @Test
  void aSectionCutOffIsRefusedByName() {
    byte[] state = state(left, right);
    assertRefused(
        () -> read(Arrays.copyOf(state, state.length - 1), left, right),
        "section \"right-2\" is cut off: it claims 4 bytes, and 3 are left");
    assertRefused(
        () -> read(Arrays.copyOf(state, state.length - 5), left, right),
        "section \"right-2\" is cut off in its length");
    assertRefused(
        () -> read(Arrays.copyOf(state, state.length - 9), left, right),
        "it is cut off in the tag of section 2");
  }

  @Test
  void aStateCutOffAnywhereIsRefused() {
    byte[] state = state(left, right);
    for (int length = 0; length < state.length; length++) {
      byte[] cut = Arrays.copyOf(state, length);
      assertThatThrownBy(() -> read(cut, left, right))
          .as("%d bytes", length)
          .isInstanceOf(MalformedStateException.class);
    }
  }

  @Test
  void aSectionThatIsTooShortOrTooLongForItsPartIsRefusedByName() {
    StateWriter writer = new StateWriter();
    writer.section("left", out -> out.writeShort(1));
    writer.section("right-2", out -> out.writeLong(1));
    byte[] state = writer.toByteArray();
    assertRefused(() -> read(state, left), "section \"left\" ends too early");
    assertRefused(() -> read(state, right), "section \"right-2\" has 4 bytes too many");
  }

  @Test
  void aSectionThatClaimsMoreThanIsAllowedIsRefusedByName() {
    byte[] state = state(left);
    ByteBuffer bytes = ByteBuffer.wrap(state);
    for (int claim : new int[] {StateFormat.MAX_SECTION_BYTES + 1, Integer.MAX_VALUE, -1}) {
      var _ = bytes.putInt(state.length - 8, claim);
      assertRefused(
          () -> read(state, left),
          "section \"left\" claims "
              + Integer.toUnsignedString(claim)
              + " bytes where at most 1048576 are allowed");
    }
  }

  @Test
  void moreSectionsThanAMachineCanHaveAreRefused() {
    StateWriter writer = new StateWriter();
    for (int i = 0; i < 257; i++) {
      writer.part(new Counter("c-" + i, i));
    }
    byte[] state = writer.toByteArray();
    assertRefused(() -> read(state), "it has more than 256 sections");
  }

  @Test
  void anotherVersionIsRefusedWithBothNumbers() {
    byte[] state = state(left);
    state[5] = 1;
    assertRefused(
        () -> read(state, left), "its version is 1, not 3; upgrade the older of the two daemons");
  }

  @Test
  void whatIsNoStateIsRefused() {
    for (String bytes : new String[] {"", "PFMS", "garbage", "PFMZ\0\2"}) {
      assertRefused(
          () -> read(bytes.getBytes(US_ASCII)), "it does not begin with PFMS and a version");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "UPPER", "with space", "seventeen-letters", "new\nline"})
  void aTagIsAShortWord(String tag) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new StateWriter().part(new Counter(tag, 1)))
        .withMessageContaining("tag of its own");
    byte[] header = state();
    byte[] section = joined(new byte[] {(byte) tag.length()}, tag.getBytes(US_ASCII));
    byte[] state = joined(joined(header, section), new byte[4]);
    assertRefused(
        () -> read(state),
        "the tag of section 1 is not 1 to 16 lower-case letters, digits and hyphens");
  }

  @Test
  void aPartThatIsWrittenTwiceOrIsTooLongIsADefectOfTheWriter() {
    StateWriter writer = new StateWriter();
    writer.part(left);
    assertThatIllegalArgumentException().isThrownBy(() -> writer.part(left));
    assertThatIllegalStateException()
        .isThrownBy(() ->
            writer.section("big", out -> out.write(new byte[StateFormat.MAX_SECTION_BYTES + 1])))
        .withMessageContaining("\"big\"");
  }
}
