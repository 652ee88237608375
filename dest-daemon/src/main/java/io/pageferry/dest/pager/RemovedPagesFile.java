package io.pageferry.dest.pager;

import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageBitmap;
import io.pageferry.unixsocket.LocalProcess;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;

/**
 * Which pages a process has given back, in a file that outlives the pager: the pager that takes its
 * place is not to bring them back. A bit is in the file as soon as it is set, since the file is
 * mapped; it does not outlive the host, and neither does the process.
 *
 * <p>Any thread sets bits. Its owner closes it once nobody does any more.
 */
final class RemovedPagesFile implements AutoCloseable {
  private final Path path;
  private final Arena arena = Arena.ofShared();
  private final Map<Integer, PageBitmap> slots = new HashMap<>();

  /**
   * The file of a process, which may be there from an earlier pager.
   *
   * @param socket beside which it is
   */
  RemovedPagesFile(Path socket, LocalProcess process, GuestMemory memory) throws IOException {
    path = Path.of("%s.%d-%d.removed".formatted(socket, process.pid(), process.startTicks()));
    long bytes = 0;
    for (MemorySlot slot : memory.slots()) {
      bytes += PageBitmap.bytesFor(slot.pageCount());
    }
    try (FileChannel channel =
        FileChannel.open(
            path,
            EnumSet.of(
                StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      MemorySegment all = channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
      long offset = 0;
      for (MemorySlot slot : memory.slots()) {
        slots.put(slot.id(), PageBitmap.in(all.asSlice(offset), slot.pageCount()));
        offset += PageBitmap.bytesFor(slot.pageCount());
      }
    } catch (IOException | RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /** The bits of each slot. */
  Map<Integer, PageBitmap> slots() {
    return slots;
  }

  /** The process needs no pager any more. */
  void delete() throws IOException {
    Files.deleteIfExists(path);
  }

  @Override
  public void close() {
    arena.close();
  }
}
