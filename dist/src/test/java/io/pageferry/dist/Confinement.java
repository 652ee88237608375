package io.pageferry.dist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A systemd unit's confinement without systemd: a command that a daemon is started by. Its system
 * call filter and address families are those that the unit names. For root, so are its file
 * systems, user, capabilities and umask. What is left out ({@code RestrictNamespaces=}, {@code
 * RestrictRealtime=}, {@code RestrictSUIDSGID=}, {@code LockPersonality=}) refuses what needs
 * privileges anyway.
 */
final class Confinement {
  private static final Path SOURCES = Path.of("src/test/native").toAbsolutePath();

  private final Path top;
  private final List<String> unit;

  /**
   * The confinement of a unit.
   *
   * @param top where PageFerry is unpacked
   * @param unit file name of the unit
   */
  Confinement(Path top, String unit) throws IOException {
    this.top = top;
    this.unit = Files.readAllLines(top.resolve("lib/systemd/system").resolve(unit));
  }

  /** The words of every line of a directive. */
  List<String> words(String directive) {
    return unit.stream()
        .filter(line -> line.startsWith(directive + "="))
        .flatMap(line -> List.of(line.substring(directive.length() + 1).split(" ")).stream())
        .filter(word -> !word.isEmpty())
        .toList();
  }

  /** The command that runs the unit's program, with further arguments, as the unit would. */
  List<String> command(Path scratch, String... arguments) throws Exception {
    Path confine = top.resolve("confine");
    compile(scratch, confine);
    boolean root = Run.of("id", "-u").succeeded().strip().equals("0");
    Path here = root ? Path.of("/mnt/pageferry") : top;
    List<String> command = new ArrayList<>();
    if (root) {
      command.addAll(List.of("unshare", "--mount", "--propagation", "private"));
      command.addAll(
          List.of(
              SOURCES.resolve("sandbox").toString(),
              top.toString(),
              System.getProperty("java.home")));
    }
    command.add(here.resolve("confine").toString());
    List<String> program = words("ExecStart");
    command.add(program.getFirst().replace("/opt/pageferry", here.toString()));
    command.addAll(program.subList(1, program.size()));
    command.addAll(List.of(arguments));
    return command;
  }

  private void compile(Path scratch, Path confine) throws Exception {
    Set<String> calls = new LinkedHashSet<>();
    for (String word : words("SystemCallFilter")) {
      calls.addAll(expand(word));
    }
    write(scratch.resolve("calls.h"), "SYS_", calls);
    write(scratch.resolve("families.h"), "", words("RestrictAddressFamilies"));
    var _ =
        Run.of(
                "gcc",
                "-std=gnu11",
                "-Wall",
                "-Werror",
                "-I" + scratch,
                SOURCES.resolve("confine.c").toString(),
                "-o",
                confine.toString())
            .succeeded();
  }

  /** A call that this architecture does not have is no call of it. */
  private static void write(Path header, String prefix, Iterable<String> names) throws IOException {
    StringBuilder text = new StringBuilder();
    for (String name : names) {
      text.append("#ifdef %1$s\nALLOW(%1$s)\n#endif\n".formatted(prefix + name));
    }
    Files.writeString(header, text);
  }

  /** The system calls that a word of a filter stands for, as the systemd of this host has them. */
  private static Set<String> expand(String word) throws Exception {
    if (!word.startsWith("@")) {
      return Set.of(word);
    }
    Set<String> calls = new LinkedHashSet<>();
    List<String> members =
        Run.of("sh", "-c", "systemd-analyze syscall-filter '" + word + "' 2>/dev/null")
            .succeeded()
            .lines()
            .skip(1)
            .map(String::strip)
            .filter(line -> !line.isEmpty() && !line.startsWith("#"))
            .collect(Collectors.toList());
    for (String member : members) {
      calls.addAll(expand(member));
    }
    return calls;
  }
}
