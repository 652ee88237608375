package io.pageferry.cli.output;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.pageferry.cli.view.Palette;
import io.pageferry.cli.view.Size;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A stream of the process and what it leads to: a terminal with a size that may change, or a file
 * or pipe. Any thread.
 */
public final class Terminal {
  private static final int DEFAULT_COLUMNS = 80;
  private static final int DEFAULT_ROWS = 24;
  private static final Size NONE = new Size(0, 0);

  /** More than any line of progress takes. */
  private static final int UNCUT_COLUMNS = 160;

  /** The system call; making its handle takes a tenth of a second, so it waits for a device. */
  private static final class Ioctl {
    private static final @Nullable MethodHandle HANDLE = ioctl();
    private static final long TIOCGWINSZ =
        System.getProperty("os.name", "").startsWith("Mac") ? 0x40087468L : 0x5413L;
  }

  private final PrintStream stream;
  private final int fileDescriptor;
  private final Map<String, String> environment;

  private Terminal(PrintStream stream, int fileDescriptor, Map<String, String> environment) {
    this.stream = stream;
    this.fileDescriptor = fileDescriptor;
    this.environment = environment;
  }

  /** Standard output. */
  public static Terminal output() {
    return new Terminal(System.out, 1, System.getenv());
  }

  /** Standard error. */
  public static Terminal error() {
    return new Terminal(System.err, 2, System.getenv());
  }

  /** Where to print. */
  public PrintStream stream() {
    return stream;
  }

  /** Whether a person may be looking, and text can be redrawn. */
  public boolean interactive() {
    return sizeOfDevice().columns() > 0 && !"dumb".equals(environment.get("TERM"));
  }

  /** Columns and rows now; 24 rows where there is no terminal. */
  public Size size() {
    Size device = sizeOfDevice();
    return new Size(columns(), device.rows() > 0 ? device.rows() : DEFAULT_ROWS);
  }

  /** Columns now: the terminal's, else {@code COLUMNS}, else 80. */
  public int columns() {
    int columns = sizeOfDevice().columns();
    if (columns > 0) {
      return columns;
    }
    try {
      return Math.clamp(
          Integer.parseInt(environment.getOrDefault("COLUMNS", "" + DEFAULT_COLUMNS)), 40, 400);
    } catch (NumberFormatException _) {
      return DEFAULT_COLUMNS;
    }
  }

  /** Columns that a line of progress may take: those of a terminal; elsewhere lines are not cut. */
  public int liveColumns() {
    return interactive() ? columns() : Math.max(columns(), UNCUT_COLUMNS);
  }

  /** Colours where a terminal shows them and {@code NO_COLOR} is not set. */
  public Palette palette() {
    return new Palette(interactive() && environment.getOrDefault("NO_COLOR", "").isEmpty());
  }

  /** Size of the terminal behind the descriptor; 0 columns when there is none. */
  private Size sizeOfDevice() {
    if (!mayBeTerminal() || Ioctl.HANDLE == null) {
      return NONE;
    }
    try (Arena arena = Arena.ofConfined()) {
      // struct winsize: four unsigned shorts, rows and columns first.
      MemorySegment size = arena.allocate(8, 2);
      // Safe: the descriptor is only asked, and the kernel writes at most the eight bytes given.
      int result = (int) Ioctl.HANDLE.invokeExact(fileDescriptor, Ioctl.TIOCGWINSZ, size);
      int rows = Short.toUnsignedInt(size.get(JAVA_SHORT, 0));
      int columns = Short.toUnsignedInt(size.get(JAVA_SHORT, 2));
      return result != 0 ? NONE : new Size(columns == 0 ? DEFAULT_COLUMNS : columns, rows);
    } catch (Throwable e) {
      throw new IllegalStateException("ioctl takes these arguments on every supported system.", e);
    }
  }

  /** Whether the descriptor leads to a device that may have a size; true where nobody can tell. */
  private boolean mayBeTerminal() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + fileDescriptor)).toString();
      return target.startsWith("/dev/") && !target.equals("/dev/null");
    } catch (IOException | UnsupportedOperationException _) {
      return true;
    }
  }

  private static @Nullable MethodHandle ioctl() {
    Linker linker = Linker.nativeLinker();
    return linker
        .defaultLookup()
        .find("ioctl")
        .map(address ->
            linker.downcallHandle(
                address,
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS),
                Linker.Option.firstVariadicArg(2)))
        .orElse(null);
  }
}
