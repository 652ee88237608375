package io.pageferry.containers;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.command.WaitContainerResultCallback;
import com.github.dockerjava.api.model.Frame;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.StreamType;
import io.pageferry.config.cli.ExitCode;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Network;

/**
 * One run of the command line's image, to its end.
 *
 * @param exitCode what it ended with
 * @param out what it printed
 * @param err what it printed on standard error: progress and failures
 */
record CommandRun(int exitCode, String out, String err) {
  private static final long LIMIT_SECONDS = 120;

  /** Runs a command line in a network. */
  static CommandRun of(Network network, String... arguments) throws InterruptedException {
    DockerClient docker = DockerClientFactory.lazyClient();
    String id =
        docker
            .createContainerCmd(Images.COMMAND_LINE.imageName())
            .withCmd(arguments)
            .withHostConfig(
                Hardening.apply(HostConfig.newHostConfig()).withNetworkMode(network.getId()))
            .exec()
            .getId();
    try {
      docker.startContainerCmd(id).exec();
      int exitCode =
          docker
              .waitContainerCmd(id)
              .exec(new WaitContainerResultCallback())
              .awaitStatusCode(LIMIT_SECONDS, TimeUnit.SECONDS);
      Output output = new Output();
      docker.logContainerCmd(id).withStdOut(true).withStdErr(true).exec(output).awaitCompletion();
      return new CommandRun(exitCode, output.out.toString(), output.err.toString());
    } finally {
      docker.removeContainerCmd(id).withForce(true).exec();
    }
  }

  /** Checks that it did as asked, and gives what it printed. */
  String succeeded() {
    assertThat(exitCode).as(err).isZero();
    return out;
  }

  /** Checks that it ended in one whole sentence that holds some words, after its progress. */
  void refused(ExitCode expected, String... words) {
    String sentence = err.strip().lines().reduce("", (_, line) -> line);
    assertThat(sentence).startsWith("ferry: ").endsWith(".").contains(words);
    assertThat(err).doesNotContain("Exception", "io.pageferry");
    assertThat(err.lines().filter(line -> line.startsWith("ferry: "))).hasSize(1);
    assertThat(out).isEmpty();
    assertThat(exitCode).as(err).isEqualTo(expected.number());
  }

  private static final class Output extends ResultCallback.Adapter<Frame> {
    private final StringBuilder out = new StringBuilder();
    private final StringBuilder err = new StringBuilder();

    @Override
    public void onNext(Frame frame) {
      StringBuilder stream = frame.getStreamType() == StreamType.STDERR ? err : out;
      stream.append(new String(frame.getPayload(), StandardCharsets.UTF_8));
    }
  }
}
