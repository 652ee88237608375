package io.pageferry.bench.qemu;

import io.pageferry.bench.process.NativePrograms;
import io.pageferry.bench.process.SearchPath;
import io.pageferry.bench.process.WarmPool;
import io.pageferry.bench.result.Run;
import io.pageferry.client.FerryException;
import io.pageferry.config.cli.ExitCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Post-copy migration of a guest between two QEMUs that emulate it (TCG), switched over at once.
 * The guest is {@code qemu-guest.S}. Its memory is checked after every run. Used by one thread.
 *
 * <p>What is measured, in QEMU's own words: total time, from the {@code migrate} command until both
 * sides say {@code completed}; downtime, from the source's event {@code STOP} to the destination's
 * {@code RESUME} (QEMU's own figure is the source's side only); {@code postcopy-vcpu-blocktime};
 * {@code postcopy-requests}. Stalls are those that the guest sees itself, at the destination.
 */
public final class QemuMigration {
  private static final Duration BOOT_LIMIT = Duration.ofSeconds(30);
  private static final Duration LOOK_INTERVAL = Duration.ofMillis(20);
  private static final Path UNPRIVILEGED = Path.of("/proc/sys/vm/unprivileged_userfaultfd");
  private static final int PAGES_PER_MIB = 256;

  /** Below and above the region: firmware, and room for it. */
  private static final int OTHER_MIB = 256;

  private final NativePrograms programs;
  private final WarmPool pool;
  private final Setup setup;

  /**
   * Where the QEMUs run.
   *
   * @param regionMib the memory that the guest works on; it has 256 MiB more
   * @param destinationHost the destination's IPv4 address, seen from both sides
   * @param sourcePrefix a command in front of the source's, for instance {@code ip netns exec NAME}
   * @param destinationPrefix the same for the destination
   * @param limit how long a migration may take
   */
  public record Setup(
      int regionMib,
      String destinationHost,
      List<String> sourcePrefix,
      List<String> destinationPrefix,
      Duration limit) {
    /** Copies its parts. */
    public Setup {
      sourcePrefix = List.copyOf(sourcePrefix);
      destinationPrefix = List.copyOf(destinationPrefix);
    }

    /** Both on loopback, with a region of 768 MiB. */
    public static Setup loopback() {
      return new Setup(768, "127.0.0.1", List.of(), List.of(), Duration.ofMinutes(1));
    }
  }

  /**
   * What is migrated, and how.
   *
   * @param preempt whether requested pages have a connection of their own ({@code
   *     postcopy-preempt})
   * @param sampled whether the guest's progress is read every 25 ms meanwhile
   */
  public record Scenario(QemuWorkload workload, boolean preempt, boolean sampled) {
    /** Its name in reports. */
    String side() {
      return preempt ? "qemu-preempt" : "qemu";
    }
  }

  /**
   * Of what has been compiled.
   *
   * @param pool handed over just before each migration; the region twice is enough
   */
  public QemuMigration(NativePrograms programs, WarmPool pool, Setup setup) {
    this.programs = programs;
    this.pool = pool;
    this.setup = setup;
  }

  /**
   * Whether QEMU is installed, its guest can be compiled (on x86 only), and this user's processes
   * may use userfaultfd as QEMU does.
   */
  public static boolean isInstalled() {
    return SearchPath.holds(QemuProcess.PROGRAM)
        && System.getProperty("os.arch", "").equals("amd64")
        && mayUseUserfaultfd();
  }

  private static boolean mayUseUserfaultfd() {
    try {
      return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0)
          || Files.readString(UNPRIVILEGED).strip().equals("1");
    } catch (IOException _) {
      return false;
    }
  }

  /**
   * Migrates a guest that has just booted.
   *
   * @throws FerryException if the migration fails, takes too long, or changes memory
   */
  public Run run(String experiment, Scenario scenario) throws InterruptedException {
    requireInstalled();
    QemuGuest guest = new QemuGuest(setup.regionMib() * PAGES_PER_MIB, scenario.workload());
    int memoryMib = setup.regionMib() + OTHER_MIB;
    pool.hold();
    try (ScratchDirectory directory = ScratchDirectory.create()) {
      writeDisk(guest, directory.path().resolve("disk"));
      try (QemuProcess source =
          new QemuProcess("source", directory.path(), setup.sourcePrefix(), memoryMib, false)) {
        awaitReady(source);
        try (QemuProcess destination =
            new QemuProcess(
                "destination", directory.path(), setup.destinationPrefix(), memoryMib, true)) {
          String uri =
              QemuLink.prepare(source, destination, scenario.preempt(), setup.destinationHost());
          boolean sampled = scenario.sampled() && scenario.workload() != QemuWorkload.IDLE;
          QemuReadings readings =
              new QemuMove(source, destination, setup.limit(), sampled).perform(uri, pool);
          QemuMemoryCheck.verify(destination, guest);
          return new Run(
              experiment,
              scenario.side(),
              readings.figures(scenario.workload(), setup.regionMib()),
              readings.curves());
        }
      }
    } finally {
      pool.release();
    }
  }

  private static void requireInstalled() {
    if (!isInstalled()) {
      throw new FerryException(
          ExitCode.ENVIRONMENT,
          "QEMU cannot migrate here: it takes an x86 machine with %s (Debian: qemu-system-x86), and root or"
                  .formatted(QemuProcess.PROGRAM)
              + " vm.unprivileged_userfaultfd=1.");
    }
  }

  private void writeDisk(QemuGuest guest, Path disk) throws InterruptedException {
    Path program = programs.qemuGuest();
    try {
      Files.write(disk, guest.disk(Files.readAllBytes(program)));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write the boot disk of QEMU's guest.", e);
    }
  }

  private static void awaitReady(QemuProcess source) throws InterruptedException {
    long deadline = System.nanoTime() + BOOT_LIMIT.toNanos();
    while (!source.statistics().ready()) {
      if (System.nanoTime() - deadline > 0) {
        throw new FerryException(
            ExitCode.INTERNAL,
            "QEMU's guest has not booted within %d s.".formatted(BOOT_LIMIT.toSeconds()));
      }
      Thread.sleep(LOOK_INTERVAL);
    }
  }
}
