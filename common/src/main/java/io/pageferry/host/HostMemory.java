package io.pageferry.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * How much memory this host has, and how much of it a new guest may fill.
 *
 * <p>Any thread; every call reads the kernel's files anew. What is available is the least of the
 * host's {@code MemAvailable} and the room left in each memory cgroup that this process is in, up
 * to the root, version 1 or 2. The page cache that the kernel drops first ({@code inactive_file})
 * counts as room.
 *
 * <p>Sources: the kernel's {@code proc(5)}, {@code cgroup-v2} and {@code cgroup-v1/memory}
 * documents.
 */
public final class HostMemory {
  private static final Hierarchy VERSION_2 =
      new Hierarchy("memory.max", "memory.current", "inactive_file");
  private static final Hierarchy VERSION_1 =
      new Hierarchy("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file");

  private static final Room UNBOUNDED = new Room(Long.MAX_VALUE, OptionalLong.empty());

  private final Path root;

  /** The names that one version of cgroups gives to a group's limit, use and droppable cache. */
  private record Hierarchy(String limit, String usage, String reclaimable) {}

  private HostMemory(Path root) {
    this.root = root;
  }

  /** This host, as this process sees it. */
  public static HostMemory ofThisHost() {
    return new HostMemory(Path.of("/"));
  }

  /** A host whose {@code proc} and {@code sys} lie under a directory. */
  public static HostMemory under(Path root) {
    return new HostMemory(root);
  }

  /** Physical memory of the host in bytes. */
  public long physicalBytes() {
    return memoryInformation("MemTotal");
  }

  /**
   * What bounds new memory most.
   *
   * @param availableBytes bytes that may be filled without the kernel killing anyone; 0 or more
   * @param limitBytes limit of the cgroup that bounds it; absent if it is the host itself
   */
  public record Room(long availableBytes, OptionalLong limitBytes) {}

  /** Bytes that may be filled without the kernel killing anyone; 0 or more. */
  public long availableBytes() {
    return room().availableBytes();
  }

  /** The least of the rooms that the host and its cgroups leave. */
  public Room room() {
    Room least = new Room(memoryInformation("MemAvailable"), OptionalLong.empty());
    for (String line : lines(root.resolve("proc/self/cgroup"))) {
      least = lesser(least, roomIn(line));
    }
    return least;
  }

  private static Room lesser(Room one, Room other) {
    return other.availableBytes() < one.availableBytes() ? other : one;
  }

  private long memoryInformation(String field) {
    Path path = root.resolve("proc/meminfo");
    for (String line : lines(path)) {
      if (line.startsWith(field + ":")) {
        String kibibytes = line.substring(field.length() + 1).replace("kB", "").strip();
        return Long.parseLong(kibibytes) << 10;
      }
    }
    throw new IllegalStateException(path + " has no " + field + "; PageFerry needs Linux 3.14.");
  }

  /** Room in the group that a line of {@code /proc/self/cgroup} names, {@code id:names:path}. */
  private Room roomIn(String line) {
    String[] fields = line.split(":", 3);
    if (fields.length != 3) {
      return UNBOUNDED;
    }
    if (fields[1].isEmpty()) {
      Path mount = root.resolve("sys/fs/cgroup");
      Path hybrid = mount.resolve("unified");
      return roomUpwards(Files.isDirectory(hybrid) ? hybrid : mount, fields[2], VERSION_2);
    }
    return List.of(fields[1].split(",", -1)).contains("memory")
        ? roomUpwards(root.resolve("sys/fs/cgroup/memory"), fields[2], VERSION_1)
        : UNBOUNDED;
  }

  /**
   * The least room of a group and its parents. A path that does not exist under the mount is one
   * seen from outside this container; its parents lead to the mount, which is the container's own
   * group.
   */
  private static Room roomUpwards(Path mount, String path, Hierarchy names) {
    Room room = UNBOUNDED;
    Path group = mount.resolve(path.substring(1)).normalize();
    while (group != null && group.startsWith(mount)) {
      room = lesser(room, room(group, names));
      group = group.getParent();
    }
    return room;
  }

  private static Room room(Path group, Hierarchy names) {
    Long limit = number(group.resolve(names.limit()));
    Long usage = number(group.resolve(names.usage()));
    if (limit == null || usage == null) {
      return UNBOUNDED;
    }
    long room = limit - usage + reclaimable(group.resolve("memory.stat"), names.reclaimable());
    return new Room(Math.max(0, room), OptionalLong.of(limit));
  }

  private static long reclaimable(Path statistics, String field) {
    if (Files.isReadable(statistics)) {
      for (String line : lines(statistics)) {
        if (line.startsWith(field + " ")) {
          return Long.parseLong(line.substring(field.length() + 1).strip());
        }
      }
    }
    return 0;
  }

  /** A file's number, or null if there is no such file or it says that there is no limit. */
  private static @Nullable Long number(Path path) {
    if (!Files.isReadable(path)) {
      return null;
    }
    String text = String.join("", lines(path)).strip();
    return text.equals("max") ? null : Long.valueOf(text);
  }

  private static List<String> lines(Path path) {
    try {
      return Files.readAllLines(path);
    } catch (IOException e) {
      throw new UncheckedIOException(path + " cannot be read.", e);
    }
  }
}
