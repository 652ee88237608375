package io.pageferry.guest.program;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * What a file is that is no program for the guest, by the bytes it starts with, so that its owner
 * recognizes it. Stateless; any thread.
 */
final class FileKinds {
  private static final Map<String, String> BY_FIRST_BYTES =
      Map.of(
          "#!", "it is a script",
          "\u001f\u008b", "it is compressed (gzip); unpack it first",
          "\u00fd7zXZ", "it is compressed (xz); unpack it first",
          "BZh", "it is compressed (bzip2); unpack it first",
          "(\u00b5/\u00fd", "it is compressed (zstd); unpack it first",
          "PK\u0003\u0004", "it is a zip archive; unpack it first",
          "!<arch>\n", "it is a library of object files; link it",
          "MZ", "it is a program for Windows or EFI");

  private static final Map<Integer, String> MACHINES =
      Map.of(
          3,
          "x86",
          8,
          "MIPS",
          20,
          "PowerPC",
          21,
          "PowerPC",
          22,
          "S/390",
          40,
          "ARM",
          62,
          "x86-64",
          183,
          "AArch64",
          258,
          "LoongArch");

  private FileKinds() {}

  /** What a file is that is no ELF file, as a clause. */
  static String notElf(byte[] file) {
    String start = new String(file, 0, Math.min(16, file.length), StandardCharsets.ISO_8859_1);
    for (Map.Entry<String, String> kind : BY_FIRST_BYTES.entrySet()) {
      if (start.startsWith(kind.getKey())) {
        return kind.getValue();
      }
    }
    return file.length == 0
        ? "it is empty"
        : "it does not start with the ELF magic number (a raw image is loaded with --image)";
  }

  /** What an ELF file is that is no executable of fixed addresses, as a clause. */
  static String notExecutable(int type) {
    return switch (type) {
      case 1 -> "it is an object file; link it";
      case 3 ->
          "it is position-independent (an executable for a dynamic linker, or a shared library);"
              + " link it with -static -no-pie";
      case 4 -> "it is a core dump";
      default -> "its type is " + type + ", not a statically linked executable";
    };
  }

  /** What an ELF file for another processor is, as a clause. */
  static String otherMachine(int machine) {
    String name = MACHINES.get(machine);
    return name == null
        ? "its machine is " + machine + ", not RISC-V"
        : "it is for " + name + ", not RISC-V";
  }
}
