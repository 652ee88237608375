package io.pageferry.containers;

import static org.awaitility.Awaitility.await;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.InspectContainerResponse.ContainerState;
import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.HostConfig;
import io.pageferry.client.AdminClient;
import io.pageferry.config.HostPort;
import io.pageferry.proto.v1.Phase;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.Status;
import java.time.Duration;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;

/**
 * A daemon in a container, and a client of it. It is in two networks: one for administration, where
 * its name is {@code source} or {@code dest}, and one for pages, where {@code -pages} is appended.
 * One thread. Running from the constructor on; removed by close.
 */
final class Daemon implements AutoCloseable {
  /** Bound of every wait in the tests. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final DockerClient DOCKER = DockerClientFactory.lazyClient();

  private final String name;
  private final Network pages;
  private final GenericContainer<?> container;
  private final AdminClient client;

  /**
   * Starts one, and returns when it is ready.
   *
   * @param settings further settings of the container
   */
  Daemon(
      Role role,
      Network administration,
      Network pages,
      UnaryOperator<GenericContainer<?>> settings) {
    boolean source = role == Role.ROLE_SOURCE;
    int port = source ? 7401 : 7402;
    int metricsPort = source ? 9401 : 9402;
    this.name = source ? "source" : "dest";
    this.pages = pages;
    Images image = source ? Images.SOURCE : Images.DESTINATION;
    this.container =
        settings.apply(
            new GenericContainer<>(image.imageName())
                .withNetwork(administration)
                .withNetworkAliases(name)
                .withEnv("PAGEFERRY_ADVERTISE", "source-pages:7401")
                .withExposedPorts(port, metricsPort)
                .withCreateContainerCmdModifier(command -> {
                  HostConfig host = Objects.requireNonNull(command.getHostConfig());
                  Hardening.publish(Hardening.apply(host), port, metricsPort);
                })
                .waitingFor(
                    Wait.forHttp("/readyz").forPort(metricsPort).withStartupTimeout(PATIENCE)));
    container.start();
    joinPages();
    this.client =
        new AdminClient(role, new HostPort("127.0.0.1", container.getMappedPort(port)), PATIENCE);
  }

  /** Its address in the network for pages, as {@code ferry migrate --to} takes it. */
  String pagesHost() {
    return name + "-pages";
  }

  /** Its admin service, reached from the host. */
  AdminClient client() {
    return client;
  }

  /** Guest and migration as it sees them. */
  Status status() {
    return client.status();
  }

  /** Waits until it is in a phase; gives the status then. */
  Status awaitPhase(Phase phase) {
    return await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .until(this::status, status -> status.getPhase() == phase);
  }

  /** Connects it to the network for pages. */
  void joinPages() {
    DOCKER
        .connectToNetworkCmd()
        .withContainerId(container.getContainerId())
        .withNetworkId(pages.getId())
        .withContainerNetwork(new ContainerNetwork().withAliases(pagesHost()))
        .exec();
  }

  /** Takes it off the network for pages; connections through it break without a word. */
  void leavePages() {
    DOCKER
        .disconnectFromNetworkCmd()
        .withContainerId(container.getContainerId())
        .withNetworkId(pages.getId())
        .exec();
  }

  /**
   * The name of its end of the network for pages.
   *
   * @param addresses its devices and addresses, as {@code ip -o address} prints them
   */
  String pagesDevice(String addresses) {
    String address =
        Objects.requireNonNull(
            DOCKER
                .inspectContainerCmd(container.getContainerId())
                .exec()
                .getNetworkSettings()
                .getNetworks()
                .values()
                .stream()
                .filter(network -> pages.getId().equals(network.getNetworkID()))
                .findFirst()
                .orElseThrow()
                .getIpAddress());
    return addresses
        .lines()
        .filter(line -> line.contains(" " + address + "/"))
        .map(line -> line.split(" +", -1)[1])
        .findFirst()
        .orElseThrow();
  }

  /** Stops all its threads, until {@link #signal} or {@link #thaw}. */
  void freeze() {
    DOCKER.pauseContainerCmd(container.getContainerId()).exec();
  }

  /** Lets it go on. */
  void thaw() {
    DOCKER.unpauseContainerCmd(container.getContainerId()).exec();
  }

  /** Sends a signal to its first process; the engine thaws it if it is frozen. */
  void signal(String signal) {
    DOCKER.killContainerCmd(container.getContainerId()).withSignal(signal).exec();
  }

  /** Waits until its process has ended; gives the exit code. */
  long awaitExit() {
    ContainerState end =
        await().atMost(PATIENCE).until(this::state, state -> !isTrue(state.getRunning()));
    return Objects.requireNonNull(end.getExitCodeLong());
  }

  /** What the engine says about its process. */
  ContainerState state() {
    return DOCKER.inspectContainerCmd(container.getContainerId()).exec().getState();
  }

  /** Whether it runs, and the kernel has not killed anything of it for want of memory. */
  boolean isUnharmed() {
    return isTrue(state().getRunning()) && !isTrue(state().getOOMKilled());
  }

  private static boolean isTrue(Boolean value) {
    return Boolean.TRUE.equals(value);
  }

  /** Runs a program in the container. */
  ExecResult execute(String... command) throws Exception {
    return container.execInContainer(command);
  }

  /** What it has logged so far. */
  String logs() {
    return container.getLogs();
  }

  @Override
  public void close() {
    client.close();
    container.stop();
  }
}
