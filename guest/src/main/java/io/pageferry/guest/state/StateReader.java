package io.pageferry.guest.state;

import static io.pageferry.guest.state.MalformedStateException.require;

import java.io.ByteArrayInputStream;
import java.io.DataInput;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads the state of a machine, whose sections may come in any order. Used by one thread.
 *
 * <p>The bytes may come from anyone. Every length is checked against its limit and against what is
 * there before a section is read, and a section can neither read beyond its end nor leave bytes.
 */
public final class StateReader {
  /** Far more than a machine has parts. */
  private static final int MAX_SECTIONS = 256;

  /** Sections that have not been read, by tag: views of the bytes given. */
  private final Map<String, ByteBuffer> sections = new LinkedHashMap<>();

  /** Reads the content of a section. */
  @FunctionalInterface
  public interface Content<T> {
    /** Reads it. */
    T load(DataInput in) throws IOException;
  }

  /**
   * Finds the sections.
   *
   * @throws MalformedStateException if the bytes are no state of the version known here, or a
   *     section is cut off, too long or there twice
   */
  public StateReader(byte[] state) {
    ByteBuffer in = ByteBuffer.wrap(state);
    require(
        in.remaining() >= StateFormat.HEADER_BYTES && in.getInt() == StateFormat.MAGIC,
        "it does not begin with PFMS and a version");
    int version = Short.toUnsignedInt(in.getShort());
    require(
        version == StateFormat.VERSION,
        "its version is "
            + version
            + ", not "
            + StateFormat.VERSION
            + "; upgrade the older of the two daemons");
    while (in.hasRemaining()) {
      require(sections.size() < MAX_SECTIONS, "it has more than " + MAX_SECTIONS + " sections");
      String tag = readTag(in);
      require(
          sections.put(tag, readContent(in, tag)) == null,
          "section \"" + tag + "\" is there twice");
    }
  }

  private String readTag(ByteBuffer in) {
    int length = Byte.toUnsignedInt(in.get());
    require(
        length <= in.remaining(), "it is cut off in the tag of section " + (sections.size() + 1));
    byte[] bytes = new byte[length];
    in.get(bytes);
    String tag = new String(bytes, StandardCharsets.ISO_8859_1);
    require(
        StateFormat.isTag(tag),
        "the tag of section "
            + (sections.size() + 1)
            + " is not 1 to "
            + StateFormat.MAX_TAG_BYTES
            + " lower-case letters, digits and hyphens");
    return tag;
  }

  private static ByteBuffer readContent(ByteBuffer in, String tag) {
    require(in.remaining() >= Integer.BYTES, "section \"" + tag + "\" is cut off in its length");
    int length = in.getInt();
    require(
        length >= 0 && length <= StateFormat.MAX_SECTION_BYTES,
        "section \""
            + tag
            + "\" claims "
            + Integer.toUnsignedString(length)
            + " bytes where at most "
            + StateFormat.MAX_SECTION_BYTES
            + " are allowed");
    require(
        length <= in.remaining(),
        "section \""
            + tag
            + "\" is cut off: it claims "
            + length
            + " bytes, and "
            + in.remaining()
            + " are left");
    ByteBuffer content = in.slice(in.position(), length);
    in.position(in.position() + length);
    return content;
  }

  /**
   * Loads a part from its section.
   *
   * @throws MalformedStateException if there is none, or the part did not write it
   */
  public void part(StatePart part) {
    var _ =
        section(
            part.tag(),
            in -> {
              part.load(in);
              return part;
            });
  }

  /**
   * Reads a section, once.
   *
   * @throws MalformedStateException if it is missing, too short or too long
   */
  public <T> T section(String tag, Content<T> content) {
    ByteBuffer bytes = sections.remove(tag);
    if (bytes == null) {
      throw new MalformedStateException("section \"" + tag + "\" is missing");
    }
    ByteArrayInputStream in =
        new ByteArrayInputStream(
            bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
    T loaded;
    try {
      loaded = content.load(new DataInputStream(in));
    } catch (EOFException e) {
      throw new MalformedStateException("section \"" + tag + "\" ends too early", e);
    } catch (IOException e) {
      throw new IllegalStateException("Memory cannot be read.", e);
    }
    require(
        in.available() == 0, "section \"" + tag + "\" has " + in.available() + " bytes too many");
    return loaded;
  }

  /**
   * Checks that every section has been read.
   *
   * @throws MalformedStateException if the machine has no part for a section
   */
  public void checkAllRead() {
    if (!sections.isEmpty()) {
      String tag = sections.keySet().iterator().next();
      throw new MalformedStateException(
          "section \"" + tag + "\" belongs to no part of this machine");
    }
  }
}
