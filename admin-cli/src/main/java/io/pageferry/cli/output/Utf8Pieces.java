package io.pageferry.cli.output;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;

/**
 * UTF-8 text that comes in pieces, cut anywhere: the bytes of a character that is not complete wait
 * for the next piece. One thread.
 */
public final class Utf8Pieces {
  private final CharsetDecoder decoder =
      UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);
  private byte[] pending = {};

  /** The characters that a piece completes. */
  public String next(ByteBuffer piece) {
    ByteBuffer bytes = ByteBuffer.allocate(pending.length + piece.remaining());
    bytes.put(pending).put(piece).flip();
    CharBuffer characters = CharBuffer.allocate(bytes.remaining());
    var _ = decoder.reset().decode(bytes, characters, false);
    pending = new byte[bytes.remaining()];
    bytes.get(pending);
    return characters.flip().toString();
  }

  /** Bytes that wait. */
  public int pending() {
    return pending.length;
  }

  /** What waits, as it is: no more comes. */
  public String rest() {
    String rest = new String(pending, UTF_8);
    pending = new byte[0];
    return rest;
  }
}
