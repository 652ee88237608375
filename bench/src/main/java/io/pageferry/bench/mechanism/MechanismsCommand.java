package io.pageferry.bench.mechanism;

import io.pageferry.bench.report.Host;
import io.pageferry.cli.output.Json;
import io.pageferry.client.FerryException;
import io.pageferry.client.local.DaemonLaunch;
import io.pageferry.client.local.LocalDaemons;
import io.pageferry.config.DataSize;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.fault.mechanism.MechanismKind;
import io.pageferry.guest.MachineSpec.Pattern;
import io.pageferry.userfaultfd.UserfaultUnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Compares the fault mechanisms. */
@Command(
    name = "mechanisms",
    description = {
      "Compare the fault mechanisms: the same guest, wire and installation under each.",
      "Writes mechanisms.html, .json and .txt. Every run's memory is verified."
    })
public final class MechanismsCommand implements Callable<Integer> {
  private static final Duration LOCAL_LIMIT = Duration.ofSeconds(3);
  private static final int WARM_UPS = 2;

  @Option(
      names = "--quick",
      description = "1 and 4 vCPUs, random order, three rounds: about five minutes.")
  private boolean quick;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "How often each combination is run (default: 3 with --quick, else 5).")
  private @Nullable Integer rounds;

  @Option(
      names = "--mechanism",
      split = ",",
      paramLabel = "NAME",
      description = "Only these mechanisms (default: all that this host has).")
  private List<String> names = new ArrayList<>();

  @Option(
      names = "--vcpus",
      split = ",",
      paramLabel = "N",
      description = "Numbers of vCPUs (default: 1,4 with --quick, else 1,2,4,8,16,32,64).")
  private List<Integer> vcpus = new ArrayList<>();

  @Option(
      names = "--local",
      description = "Only without a network: demand paging from other memory of the process.")
  private boolean localOnly;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      defaultValue = "128MiB",
      description = "Memory of the guests (default: ${DEFAULT-VALUE}).")
  private DataSize memory = DataSize.ofMebibytes(128);

  @Option(
      names = "--results",
      paramLabel = "DIRECTORY",
      defaultValue = "bench/results/mechanisms",
      description = "Where the report goes (default: ${DEFAULT-VALUE}).")
  private Path results = Path.of("bench", "results", "mechanisms");

  @Override
  public Integer call() throws InterruptedException, IOException {
    int times = rounds == null ? (quick ? 3 : 5) : rounds;
    if (times < 1 || times > 100) {
      throw new FerryException(ExitCode.USAGE, "--rounds must be between 1 and 100.");
    }
    List<MechanismKind> mechanisms = mechanisms();
    List<Cell> cells = cells(mechanisms);
    List<CellResult> measured = new ArrayList<>();
    Files.createDirectories(results);
    try (Networked network = new Networked()) {
      for (int round = 0; round < times; round++) {
        // Interleaved, each round in an order of its own: nobody is always first.
        List<Cell> order = new ArrayList<>(cells);
        Collections.shuffle(order, new Random(round));
        for (int i = 0; i < order.size(); i++) {
          Cell cell = order.get(i);
          System.err.printf(
              "[%d/%d, %d/%d] %s%n", round + 1, times, i + 1, order.size(), cell.label());
          measured.add(cell.way() == Way.LOCAL ? local(cell) : network.run(cell));
        }
      }
    }
    measured.sort(Comparator.comparingInt(result -> cells.indexOf(result.cell())));
    MechanismsReport report =
        new MechanismsReport(
            Host.current(), times, Summary.of(measured), stateCosts(mechanisms, times));
    report.text().forEach(System.out::println);
    Files.write(results.resolve("mechanisms.txt"), report.text());
    Files.writeString(results.resolve("mechanisms.json"), Json.text(report.json()));
    Files.writeString(results.resolve("mechanisms.html"), report.page());
    System.out.println();
    System.out.println("Plots: " + results.resolve("mechanisms.html").toAbsolutePath());
    return ExitCode.OK.number();
  }

  private List<MechanismKind> mechanisms() {
    List<MechanismKind> chosen = new ArrayList<>();
    for (MechanismKind kind : MechanismKind.values()) {
      if (names.isEmpty() || names.contains(kind.toString())) {
        chosen.add(kind);
      }
    }
    if (!names.isEmpty()) {
      names.forEach(MechanismKind::parse);
    } else {
      chosen.removeIf(MechanismsCommand::isRefused);
    }
    return chosen;
  }

  private static boolean isRefused(MechanismKind kind) {
    try {
      var _ = StateCost.bits(kind);
      return false;
    } catch (UserfaultUnavailableException e) {
      System.err.println(kind + " is left out: " + e.getMessage());
      return true;
    }
  }

  private List<Cell> cells(List<MechanismKind> mechanisms) {
    List<Integer> counts =
        !vcpus.isEmpty() ? vcpus : quick ? List.of(1, 4) : List.of(1, 2, 4, 8, 16, 32, 64);
    List<Pattern> patterns =
        quick
            ? List.of(Pattern.UNIFORM)
            : List.of(Pattern.SEQUENTIAL, Pattern.UNIFORM, Pattern.ZIPFIAN);
    List<Way> ways = localOnly ? List.of(Way.LOCAL) : Arrays.asList(Way.values());
    List<Cell> cells = new ArrayList<>();
    for (Way way : ways) {
      for (int count : counts) {
        for (Pattern pattern : patterns) {
          for (MechanismKind mechanism : mechanisms) {
            cells.add(new Cell(mechanism, way, count, pattern));
          }
        }
      }
    }
    return cells;
  }

  private CellResult local(Cell cell) throws InterruptedException {
    try (LocalGuest guest = new LocalGuest(cell.vcpus(), cell.pattern(), memory.bytes(), 0.5)) {
      return guest.run(cell, LOCAL_LIMIT);
    }
  }

  private static List<StateCost> stateCosts(List<MechanismKind> mechanisms, int rounds)
      throws InterruptedException {
    List<StateCost> medians = new ArrayList<>();
    List<StateCost> all = new ArrayList<>();
    for (int round = -WARM_UPS; round < rounds; round++) {
      for (MechanismKind kind : mechanisms) {
        StateCost cost = StateCost.measure(kind);
        if (round >= 0) {
          all.add(cost);
        }
      }
    }
    for (MechanismKind kind : mechanisms) {
      List<StateCost> own = all.stream().filter(cost -> cost.mechanism() == kind).toList();
      medians.add(
          new StateCost(
              kind,
              median(own, StateCost::clearNanos),
              median(own, StateCost::twoApart),
              median(own, StateCost::twoTogether),
              median(own, StateCost::checkNanos),
              own.getFirst().bitsPerPage()));
    }
    return medians;
  }

  private static double median(List<StateCost> costs, ToDoubleFunction<StateCost> figure) {
    double[] sorted = costs.stream().mapToDouble(figure).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  /** Two daemons for all runs with a network, started when the first one comes. */
  private final class Networked implements AutoCloseable {
    private @Nullable LocalDaemons daemons;

    CellResult run(Cell cell) throws InterruptedException {
      LocalDaemons pair = daemons;
      if (pair == null) {
        pair = start();
        daemons = pair;
        for (int i = 0; i < WARM_UPS; i++) {
          var _ =
              new NetworkedRun(
                      new Cell(cell.mechanism(), Way.LOOPBACK, 2, Pattern.UNIFORM),
                      memory.bytes(),
                      pair)
                  .run();
        }
      }
      return new NetworkedRun(cell, memory.bytes(), pair).run();
    }

    private LocalDaemons start() throws InterruptedException {
      String launcher = System.getProperty("pageferry.launcher");
      if (launcher == null) {
        throw new FerryException(
            ExitCode.USAGE, "The benchmarks start daemons by the launcher; run ./ferry bench.");
      }
      DaemonLaunch destination =
          new DaemonLaunch("127.0.0.1", 0, List.of(), List.of("--prefetch", "none"), "");
      return LocalDaemons.start(
          Path.of(launcher), Optional.of(results), DaemonLaunch.LOOPBACK, destination);
    }

    @Override
    public void close() {
      if (daemons != null) {
        daemons.close();
      }
    }
  }
}
