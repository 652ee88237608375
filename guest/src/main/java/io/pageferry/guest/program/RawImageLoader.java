package io.pageferry.guest.program;

import static io.pageferry.memory.PageGeometry.PAGE_SIZE;

import io.pageferry.guest.MachineSpec;
import io.pageferry.memory.FileProblem;
import io.pageferry.memory.GuestMemory;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Loads a raw memory image to the base of RAM. Stateless; any thread, while no vCPU runs. The
 * memory must be as it was made: pages of zeros in the image are skipped.
 */
public final class RawImageLoader {
  private static final int CHUNK_BYTES = 256 * PAGE_SIZE;

  private RawImageLoader() {}

  /**
   * Copies the pages of the file that are not zero.
   *
   * @return the entry address: the base of RAM
   * @throws ProgramException if the file is empty, larger than memory, or cannot be read; nothing
   *     has changed then, unless reading failed half-way
   */
  public static long load(Path path, GuestMemory memory) {
    // Opening a pipe, or reading a device, might never end.
    if (Files.exists(path) && !Files.isRegularFile(path)) {
      throw new ProgramException(
          ProgramException.Kind.UNREADABLE,
          "The image " + path + " is not a regular file; copy what it yields to one.");
    }
    try (InputStream file = Files.newInputStream(path)) {
      long size = Files.size(path);
      if (size == 0) {
        throw ProgramException.malformed(
            "The image "
                + path
                + " is empty, or a file without a size, such as those below /proc; copy it to"
                + " another.");
      }
      ImageWriter writer = new ImageWriter(memory);
      if (size > memory.sizeBytes()) {
        throw new ProgramException(
            ProgramException.Kind.TOO_LARGE,
            "The image %s has %d bytes, and the guest's memory %d: give the guest more memory."
                .formatted(path, size, memory.sizeBytes()));
      }
      writer.check(MachineSpec.RAM_BASE, size);
      byte[] chunk = new byte[CHUNK_BYTES];
      for (long offset = 0; offset < size; offset += CHUNK_BYTES) {
        int count = (int) Math.min(CHUNK_BYTES, size - offset);
        if (file.readNBytes(chunk, 0, count) < count) {
          throw new EOFException();
        }
        writePages(writer, chunk, count, MachineSpec.RAM_BASE + offset);
      }
      return MachineSpec.RAM_BASE;
    } catch (IOException e) {
      throw new ProgramException(
          ProgramException.Kind.UNREADABLE,
          "The image " + path + " cannot be read: " + FileProblem.of(e) + ".",
          e);
    }
  }

  private static void writePages(ImageWriter writer, byte[] chunk, int bytes, long address) {
    for (int start = 0; start < bytes; start += PAGE_SIZE) {
      int count = Math.min(PAGE_SIZE, bytes - start);
      if (!isZero(chunk, start, count)) {
        writer.write(address + start, chunk, start, count);
      }
    }
  }

  private static boolean isZero(byte[] bytes, int start, int count) {
    for (int i = start; i < start + count; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return true;
  }
}
