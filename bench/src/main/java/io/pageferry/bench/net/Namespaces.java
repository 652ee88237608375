package io.pageferry.bench.net;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Two network namespaces joined by a virtual cable: two hosts on one machine. Each has a second
 * cable to the namespace around them, from where they are controlled. Needs root and iproute2;
 * {@link #obstacle()} says what is missing.
 *
 * <p>Any thread. The namespaces exist from {@link #create} until they are closed, or the JVM ends
 * in order, interrupted from the keyboard too. Whoever runs a process in one ends it before. Their
 * names hold the JVM's process id, so that what a killed one has left can be told from what is in
 * use.
 */
public final class Namespaces implements AutoCloseable {
  private static final AtomicInteger COUNT = new AtomicInteger();
  private static final String CABLE = "cable";
  private static final String CONTROL = "control";
  private static final int SECONDS = 10;

  /** Bytes that a shaped end sends at once: at least some of TCP's largest segments. */
  private static final long LEAST_BURST_BYTES = 256 << 10;

  private static final long BITS_A_BYTE = 8;
  private static final long BURSTS_A_SECOND = 1_000;

  /** How long a packet may wait at a shaped end before it is dropped. */
  private static final String QUEUE = "20ms";

  private final Host source;
  private final Host destination;
  private final Thread atExit;
  private boolean closed;

  /**
   * One of the two.
   *
   * @param namespace its name
   * @param address its address on the cable
   * @param controlAddress its address as the surrounding namespace reaches it; the other host
   *     reaches it by the cable
   */
  public record Host(String namespace, String address, String controlAddress) {
    /** What stands before a command to run it there. */
    public List<String> prefix() {
      return List.of("ip", "netns", "exec", namespace);
    }

    /** A command that runs there. */
    public List<String> command(List<String> command) {
      List<String> whole = new ArrayList<>(prefix());
      whole.addAll(command);
      return whole;
    }
  }

  private Namespaces(Host source, Host destination) {
    this.source = source;
    this.destination = destination;
    atExit = new Thread(this::delete, "namespaces-at-exit");
    Runtime.getRuntime().addShutdownHook(atExit);
  }

  /** Why there can be none here, in a sentence; empty if there can. Makes one to find out. */
  public static Optional<String> obstacle() {
    try {
      String name = name("probe");
      run("ip", "netns", "add", name);
      run("ip", "netns", "delete", name);
      run("tc", "-Version");
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of("Network namespaces cannot be made here: " + e.getMessage());
    }
  }

  /**
   * Makes them.
   *
   * @param congestionControl TCP's algorithm in both, for instance {@code reno}; one of those that
   *     the host names in {@code net.ipv4.tcp_allowed_congestion_control}
   * @param bitsPerSecond most bits a second in each direction; empty for no limit
   * @throws IOException if a command fails; then nothing is left behind
   */
  public static Namespaces create(String congestionControl, OptionalLong bitsPerSecond)
      throws IOException {
    Namespaces namespaces =
        new Namespaces(
            new Host(name("source"), "10.77.0.1", "10.77.1.2"),
            new Host(name("destination"), "10.77.0.2", "10.77.2.2"));
    try {
      namespaces.setUp(congestionControl, bitsPerSecond);
      return namespaces;
    } catch (IOException e) {
      namespaces.close();
      throw e;
    }
  }

  private static String name(String role) {
    return "pageferry-%d-%d-%s"
        .formatted(ProcessHandle.current().pid(), COUNT.incrementAndGet(), role);
  }

  private void setUp(String congestionControl, OptionalLong bitsPerSecond) throws IOException {
    run("ip", "netns", "add", source.namespace);
    run("ip", "netns", "add", destination.namespace);
    run(
        ("ip link add " + CABLE + " netns " + source.namespace + " type veth peer name " + CABLE)
            + (" netns " + destination.namespace));
    for (Host host : List.of(source, destination)) {
      String in = "ip -n " + host.namespace;
      run(in + " address add " + host.address + "/24 dev " + CABLE);
      run(in + " link set lo up");
      run(in + " link set " + CABLE + " up");
      run(
          String.join(" ", host.prefix())
              + (" sysctl -qw net.ipv4.tcp_congestion_control=" + congestionControl));
      if (bitsPerSecond.isPresent()) {
        run(shaping(host, bitsPerSecond.getAsLong()));
      }
    }
    connectControl(source, destination, "10.77.1.1");
    connectControl(destination, source, "10.77.2.1");
  }

  /** A cable to the surrounding namespace, and for the other host a way along their own cable. */
  private static void connectControl(Host host, Host other, String around) throws IOException {
    String end = "pf" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet();
    run(("ip link add " + end + " type veth peer name " + CONTROL) + (" netns " + host.namespace));
    run("ip address add " + around + "/30 dev " + end);
    run("ip link set " + end + " up");
    String in = "ip -n " + host.namespace;
    run(in + " address add " + host.controlAddress + "/30 dev " + CONTROL);
    run(in + " link set " + CONTROL + " up");
    run("ip -n " + other.namespace + " route add " + host.controlAddress + " via " + host.address);
  }

  private static String shaping(Host host, long bitsPerSecond) {
    long burst = Math.max(LEAST_BURST_BYTES, bitsPerSecond / BITS_A_BYTE / BURSTS_A_SECOND);
    return String.format(
        Locale.ROOT,
        "tc -n %s qdisc add dev %s root tbf rate %dbit burst %d latency %s",
        host.namespace,
        CABLE,
        bitsPerSecond,
        burst,
        QUEUE);
  }

  /** Where the guest leaves. */
  public Host source() {
    return source;
  }

  /** Where it arrives. */
  public Host destination() {
    return destination;
  }

  /** Deletes them. More than once is the same as once. */
  @Override
  public void close() {
    delete();
    try {
      var _ = Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException _) {
      // The JVM is ending, and the hook finds nothing left to do.
    }
  }

  private synchronized void delete() {
    if (closed) {
      return;
    }
    closed = true;
    for (Host host : List.of(source, destination)) {
      try {
        run("ip", "netns", "delete", host.namespace);
      } catch (IOException _) {
        // It was not made, and the other one may have been.
      }
    }
  }

  /** Runs a command whose words hold no blanks. */
  private static void run(String command) throws IOException {
    run(command.split(" ", -1));
  }

  /** Runs a command; its output is the reason if it fails. */
  private static void run(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new IOException(
            "\"%s\" failed: %s".formatted(String.join(" ", command), output.strip()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while \"" + command[0] + "\" ran.", e);
    }
  }
}
