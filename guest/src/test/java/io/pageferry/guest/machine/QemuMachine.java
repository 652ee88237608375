package io.pageferry.guest.machine;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.pageferry.guest.MachineSpec;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A one-hart {@code virt} machine of {@code qemu-system-riscv64} that executes an image from the
 * base of RAM, driven through its monitor (QMP) on a unix socket. Used by one thread.
 *
 * <p>Room for a second hart makes QEMU translate AMOs to atomic operations; without, it loads and
 * then stores, and reports a misaligned AMO as a misaligned load (cause 4, not 6).
 */
final class QemuMachine implements AutoCloseable {
  private static final String PROGRAM = "qemu-system-riscv64";
  private static final Pattern REGISTER = Pattern.compile("x(\\d+)/\\S+\\s+([0-9a-f]{16})");
  private static final Pattern PROGRAM_COUNTER = Pattern.compile("pc\\s+([0-9a-f]{16})");
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(120);

  private final Path directory;
  private final Process process;
  private final SocketChannel monitor;

  /** Starts a machine with {@code ramBytes} of RAM that begins with the bytes of {@code image}. */
  QemuMachine(Path directory, Path image, long ramBytes) throws Exception {
    this.directory = directory;
    Path socket = directory.resolve("monitor");
    process =
        new ProcessBuilder(
                List.of(
                    PROGRAM,
                    "-nodefaults",
                    "-M",
                    "virt",
                    "-bios",
                    "none",
                    "-smp",
                    "cpus=1,maxcpus=2",
                    "-m",
                    (ramBytes >> 20) + "M",
                    "-display",
                    "none",
                    "-serial",
                    "file:" + directory.resolve("serial"),
                    "-qmp",
                    "unix:" + socket + ",server=on,wait=off",
                    "-device",
                    "loader,force-raw=on,addr=0x80000000,file=" + image))
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("qemu.log").toFile())
            .start();
    monitor = connect(socket);
    var _ = receive("\"QMP\"");
    var _ = command("{\"execute\":\"qmp_capabilities\"}");
  }

  /** Whether it is installed here. */
  static boolean isInstalled() {
    return List.of(System.getenv().getOrDefault("PATH", "").split(":", -1)).stream()
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, PROGRAM)));
  }

  private SocketChannel connect(Path socket) throws Exception {
    long start = System.nanoTime();
    while (true) {
      SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      try {
        var _ = channel.connect(UnixDomainSocketAddress.of(socket));
        return channel;
      } catch (IOException e) {
        channel.close();
        if (!process.isAlive() || System.nanoTime() - start > PATIENCE_NANOS) {
          throw new IOException(Files.readString(directory.resolve("qemu.log")), e);
        }
        Thread.sleep(20);
      }
    }
  }

  /** Waits until the program has printed its verdict and is parked, then stops the machine. */
  void awaitParked() throws Exception {
    long start = System.nanoTime();
    long before = 0;
    int unchanged = 0;
    while (unchanged < 3) {
      if (System.nanoTime() - start > PATIENCE_NANOS) {
        throw new IOException("The program did not end in QEMU; it printed: " + serial());
      }
      Thread.sleep(50);
      long now = registers()[32];
      unchanged = serial().lines().count() >= 2 && now == before ? unchanged + 1 : 0;
      before = now;
    }
    var _ = command("{\"execute\":\"stop\"}");
  }

  /** What the program has printed. */
  String serial() throws IOException {
    Path file = directory.resolve("serial");
    return Files.exists(file) ? Files.readString(file) : "";
  }

  /** x0 to x31, then the program counter. */
  long[] registers() throws IOException {
    String text =
        command(
            "{\"execute\":\"human-monitor-command\","
                + "\"arguments\":{\"command-line\":\"info registers\"}}");
    long[] registers = new long[33];
    Matcher matcher = REGISTER.matcher(text);
    while (matcher.find()) {
      registers[Integer.parseInt(matcher.group(1))] = Long.parseUnsignedLong(matcher.group(2), 16);
    }
    Matcher counter = PROGRAM_COUNTER.matcher(text);
    if (!counter.find()) {
      throw new IOException("QEMU gave no program counter: " + text);
    }
    registers[32] = Long.parseUnsignedLong(counter.group(1), 16);
    return registers;
  }

  /** Copies RAM into a file. */
  Path saveRam(long bytes) throws IOException {
    Path file = directory.resolve("ram");
    var _ =
        command(
            "{\"execute\":\"pmemsave\",\"arguments\":{\"val\":%d,\"size\":%d,\"filename\":\"%s\"}}"
                .formatted(MachineSpec.RAM_BASE, bytes, file));
    return file;
  }

  private String command(String json) throws IOException {
    ByteBuffer request = ByteBuffer.wrap((json + "\n").getBytes(UTF_8));
    while (request.hasRemaining()) {
      var _ = monitor.write(request);
    }
    return receive("\"return\"");
  }

  /** Reads whole lines until one holds {@code wanted}; events in between are skipped. */
  private String receive(String wanted) throws IOException {
    StringBuilder line = new StringBuilder();
    ByteBuffer one = ByteBuffer.allocate(1);
    while (monitor.read(one.clear()) == 1) {
      line.append((char) one.get(0));
      if (line.charAt(line.length() - 1) == '\n') {
        String text = line.toString();
        if (text.contains("\"error\"")) {
          throw new IOException("QEMU refused a command: " + text);
        }
        if (text.contains(wanted)) {
          return text;
        }
        line.setLength(0);
      }
    }
    throw new IOException("QEMU has ended: " + Files.readString(directory.resolve("qemu.log")));
  }

  @Override
  public void close() throws IOException {
    monitor.close();
    var _ = process.destroyForcibly().onExit().join();
  }
}
