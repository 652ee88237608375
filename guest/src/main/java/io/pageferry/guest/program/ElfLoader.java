package io.pageferry.guest.program;

import io.pageferry.memory.GuestMemory;
import java.util.ArrayList;
import java.util.List;

/**
 * Loads statically linked RISC-V executables into guest memory. Stateless; any thread, while no
 * vCPU runs.
 *
 * <p>Source of the format: System V ABI, "ELF-64 Object File Format"; RISC-V ELF psABI for the
 * machine number.
 */
public final class ElfLoader {
  private static final int HEADER_BYTES = 64;
  private static final int PROGRAM_HEADER_BYTES = 56;
  private static final int MAX_PROGRAM_HEADERS = 64;
  private static final int CLASS_64 = 2;
  private static final int LITTLE_ENDIAN_DATA = 1;
  private static final int VERSION = 1;
  private static final int TYPE_EXECUTABLE = 2;
  private static final int MACHINE_RISCV = 243;
  private static final int FLAG_COMPRESSED = 0x1;
  private static final int FLAG_FLOAT_ABI = 0x6;
  private static final int SEGMENT_LOAD = 1;
  private static final int SEGMENT_INTERPRETER = 3;

  private ElfLoader() {}

  /** A part of the file and where it goes; memory beyond its bytes is zeroed. */
  private record Segment(long address, int fileOffset, int fileBytes, long memoryBytes) {
    boolean overlaps(Segment other) {
      return address < other.address + other.memoryBytes && other.address < address + memoryBytes;
    }
  }

  /**
   * Copies the file's segments to their physical addresses and fills its {@link ParameterBlock} in,
   * if it has one.
   *
   * @param elf the whole file
   * @param parameters what the program is told
   * @return the entry address
   * @throws ProgramException if the file is malformed or does not fit; nothing has changed then
   */
  public static long load(byte[] elf, GuestMemory memory, ParameterBlock parameters) {
    FileBytes file = new FileBytes(elf);
    checkHeader(file);
    List<Segment> segments = segments(file);
    long entry = file.longAt(24);
    checkEntry(entry, segments);
    ImageWriter writer = new ImageWriter(memory);
    for (Segment segment : segments) {
      writer.check(segment.address, segment.memoryBytes);
    }
    for (Segment segment : segments) {
      writer.write(segment.address, elf, segment.fileOffset, segment.fileBytes);
      writer.clear(segment.address + segment.fileBytes, segment.memoryBytes - segment.fileBytes);
    }
    parameters.fillIn(memory);
    return entry;
  }

  /** Whether a file claims to be ELF: it starts with the magic number. */
  public static boolean isElf(byte[] start) {
    return start.length >= 4
        && start[0] == 0x7f
        && start[1] == 'E'
        && start[2] == 'L'
        && start[3] == 'F';
  }

  private static void checkHeader(FileBytes file) {
    file.require(isElf(file.bytes()), FileKinds.notElf(file.bytes()));
    file.require(file.size() >= HEADER_BYTES, "it has only %d bytes", file.size());
    file.require(
        file.byteAt(4) == CLASS_64, "it is not 64-bit; build it for RV64 (-march=rv64ima)");
    file.require(file.byteAt(5) == LITTLE_ENDIAN_DATA, "it is not little-endian, as the guest is");
    file.require(file.byteAt(6) == VERSION, "its ELF version is %d, not 1", file.byteAt(6));
    file.require(file.shortAt(18) == MACHINE_RISCV, FileKinds.otherMachine(file.shortAt(18)));
    file.require(file.shortAt(16) == TYPE_EXECUTABLE, FileKinds.notExecutable(file.shortAt(16)));
    file.require(file.intAt(20) == VERSION, "its version is %d, not 1", file.intAt(20));
    int flags = file.intAt(48);
    file.require(
        (flags & FLAG_COMPRESSED) == 0, "it uses compressed instructions, which the guest lacks");
    file.require(
        (flags & FLAG_FLOAT_ABI) == 0, "it uses floating-point registers, which the guest lacks");
    file.require(
        file.shortAt(52) == HEADER_BYTES, "its header has %d bytes, not 64", file.shortAt(52));
    file.require(
        file.shortAt(54) == PROGRAM_HEADER_BYTES,
        "its program headers have %d bytes, not 56",
        file.shortAt(54));
  }

  private static List<Segment> segments(FileBytes file) {
    int count = file.shortAt(56);
    file.require(
        count > 0 && count <= MAX_PROGRAM_HEADERS, "it has %d program headers, not 1 to 64", count);
    long table = file.longAt(32);
    file.require(
        file.holds(table, (long) count * PROGRAM_HEADER_BYTES),
        "its program headers at offset %d lie outside the file",
        table);
    List<Segment> segments = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int header = (int) table + i * PROGRAM_HEADER_BYTES;
      boolean empty = file.longAt(header + 32) == 0 && file.longAt(header + 40) == 0;
      file.require(
          file.intAt(header) != SEGMENT_INTERPRETER,
          "it needs a dynamic linker; link it with -static");
      if (file.intAt(header) == SEGMENT_LOAD && !empty) {
        add(segments, segment(file, header, i));
      }
    }
    file.require(!segments.isEmpty(), "it has nothing to load");
    return segments;
  }

  private static Segment segment(FileBytes file, int header, int number) {
    long offset = file.longAt(header + 8);
    long address = file.longAt(header + 24);
    long fileBytes = file.longAt(header + 32);
    long memoryBytes = file.longAt(header + 40);
    file.require(
        file.holds(offset, fileBytes), "the bytes of segment %d lie outside the file", number);
    file.require(
        memoryBytes >= fileBytes, "segment %d is smaller in memory than in the file", number);
    file.require(
        address >= 0 && address <= Long.MAX_VALUE - memoryBytes,
        "segment %d lies beyond any address",
        number);
    return new Segment(address, (int) offset, (int) fileBytes, memoryBytes);
  }

  private static void add(List<Segment> segments, Segment added) {
    for (Segment other : segments) {
      if (added.overlaps(other)) {
        throw ProgramException.malformed(
            "This is no program the guest can run: two of its segments overlap.");
      }
    }
    segments.add(added);
  }

  private static void checkEntry(long entry, List<Segment> segments) {
    for (Segment segment : segments) {
      if (entry >= segment.address && entry - segment.address < segment.fileBytes) {
        if ((entry & 3) == 0) {
          return;
        }
      }
    }
    throw ProgramException.malformed(
        "This is no program the guest can run: its entry address 0x"
            + Long.toHexString(entry)
            + " is no instruction of it.");
  }
}
