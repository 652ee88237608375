package io.pageferry.guest.state;

import java.io.ByteArrayOutputStream;
import java.io.DataOutput;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

/** Writes the state of a machine, section by section. Used by one thread. */
public final class StateWriter {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final DataOutputStream out = new DataOutputStream(bytes);
  private final Set<String> tags = new HashSet<>();

  /** Writes the content of a section. */
  @FunctionalInterface
  public interface Content {
    /** Writes it. */
    void save(DataOutput out) throws IOException;
  }

  /** A state without sections. */
  public StateWriter() {
    try {
      out.writeInt(StateFormat.MAGIC);
      out.writeShort(StateFormat.VERSION);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** Adds the section of a part. */
  public void part(StatePart part) {
    section(part.tag(), part::save);
  }

  /**
   * Adds a section.
   *
   * @throws IllegalArgumentException if the tag is none, or has a section already
   */
  public void section(String tag, Content content) {
    if (!StateFormat.isTag(tag) || !tags.add(tag)) {
      throw new IllegalArgumentException(
          "A section of the machine state needs a tag of its own; \"" + tag + "\" is none.");
    }
    ByteArrayOutputStream section = new ByteArrayOutputStream();
    try {
      content.save(new DataOutputStream(section));
      if (section.size() > StateFormat.MAX_SECTION_BYTES) {
        throw new IllegalStateException(
            "Section \"" + tag + "\" of the machine state is too long: " + section.size());
      }
      out.writeByte(tag.length());
      out.write(tag.getBytes(StandardCharsets.US_ASCII));
      StateFormat.writeBlob(out, section.toByteArray());
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private static IllegalStateException unwritable(IOException e) {
    return new IllegalStateException("Memory cannot be written to.", e);
  }

  /** The whole state. */
  public byte[] toByteArray() {
    return bytes.toByteArray();
  }
}
