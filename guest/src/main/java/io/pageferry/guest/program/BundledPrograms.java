package io.pageferry.guest.program;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The programs that come with PageFerry, built from {@code guest/programs}. Any thread. */
public final class BundledPrograms {
  private static final Map<String, String> DESCRIPTIONS = descriptions();

  private BundledPrograms() {}

  private static Map<String, String> descriptions() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("counter", "increments one byte in each page, in address order");
    all.put("touch", "increments one byte a page in either order and measures its own stalls");
    all.put("kv", "a hash table under a skewed mix of reads and writes, every value verified");
    all.put("smp", "all harts share all pages with spinlocks, AMOs and LR/SC");
    all.put("dma", "a device copies blocks all over memory, each verified by the processor");
    all.put("confidential", "the same, with all memory private but for what the device works on");
    all.put("isa", "executes every instruction with many operands, then ends");
    return Collections.unmodifiableMap(all);
  }

  /** Their names, in the order to show them. */
  public static Set<String> names() {
    return DESCRIPTIONS.keySet();
  }

  /**
   * What a program does, as the rest of a sentence.
   *
   * @throws ProgramException if there is none of that name
   */
  public static String description(String name) {
    String description = DESCRIPTIONS.get(name);
    if (description == null) {
      throw new ProgramException(
          ProgramException.Kind.UNKNOWN,
          "There is no program \""
              + name
              + "\"; choose one of "
              + String.join(", ", names())
              + ".");
    }
    return description;
  }

  /**
   * A program's ELF file.
   *
   * @throws ProgramException if there is none of that name
   */
  public static byte[] elf(String name) {
    var _ = description(name);
    try (InputStream file = BundledPrograms.class.getResourceAsStream(name + ".elf")) {
      if (file == null) {
        throw new IllegalStateException(
            "The file of program " + name + " is not on the class path.");
      }
      return file.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("The file of program " + name + " cannot be read.", e);
    }
  }
}
