package io.pageferry.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A configuration file: UTF-8 lines of {@code key = value}, where a key is an option's long name
 * without its dashes. Blank lines and lines that start with {@code #} mean nothing; a value is what
 * stands between the equals sign and the end of the line, without the blanks around it. Immutable;
 * any thread.
 */
public final class ConfigFile {
  private static final int LARGEST_BYTES = 1 << 20;

  private final Path path;
  private final Map<String, Entry> entries;

  /**
   * One setting.
   *
   * @param key the option's long name without dashes
   * @param value what the file says
   * @param line line number, from 1
   */
  public record Entry(String key, String value, int line) {}

  private ConfigFile(Path path, Map<String, Entry> entries) {
    this.path = path;
    this.entries = entries;
  }

  /**
   * Reads a file.
   *
   * @throws IllegalArgumentException if it cannot be read, or a line is not a setting or repeats
   *     one; the sentence names file and line
   */
  public static ConfigFile read(Path path) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    int number = 0;
    for (String line : lines(path)) {
      number++;
      String text = line.strip();
      if (text.isEmpty() || text.startsWith("#")) {
        continue;
      }
      int equals = text.indexOf('=');
      if (equals <= 0) {
        throw new IllegalArgumentException(
            position(path, number) + ": '" + text + "' is not of the form key = value.");
      }
      String key = text.substring(0, equals).strip();
      Entry entry = new Entry(key, text.substring(equals + 1).strip(), number);
      Entry earlier = entries.putIfAbsent(key, entry);
      if (earlier != null) {
        throw new IllegalArgumentException(
            "%s: '%s' is already set in line %d."
                .formatted(position(path, number), key, earlier.line()));
      }
    }
    return new ConfigFile(path, entries);
  }

  private static List<String> lines(Path path) {
    if (Files.exists(path) && !Files.isRegularFile(path)) {
      // Opening a pipe that nobody writes to would never end.
      throw new IllegalArgumentException(
          "The configuration file " + path + " is no regular file; copy what it gives to one.");
    }
    byte[] bytes;
    try (InputStream in = Files.newInputStream(path)) {
      bytes = in.readNBytes(LARGEST_BYTES + 1);
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException("The configuration file " + path + " does not exist.", e);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "The configuration file " + path + " cannot be read: " + e.getMessage() + ".", e);
    }
    if (bytes.length > LARGEST_BYTES) {
      throw new IllegalArgumentException(
          "The configuration file "
              + path
              + " is longer than "
              + DataSize.ofBytes(LARGEST_BYTES)
              + ", which no configuration is.");
    }
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      // Some editors begin a file with a byte order mark.
      return text.replaceFirst("^\\uFEFF", "").lines().toList();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          "The configuration file " + path + " is not UTF-8 text.", e);
    }
  }

  /** All settings, in the order of the file. */
  public Collection<Entry> entries() {
    return List.copyOf(entries.values());
  }

  /** The setting of a key, or null. */
  public @Nullable Entry entry(String key) {
    return entries.get(key);
  }

  /** Where a setting stands, for a message: {@code ferry.conf, line 3}. */
  public String position(Entry entry) {
    return position(path, entry.line());
  }

  private static String position(Path path, int line) {
    return path + ", line " + line;
  }
}
