package io.pageferry.node.image;

import io.pageferry.dest.guardian.Guardian;
import io.pageferry.dest.pager.PagerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The guardian of a pager, in a process of its own that pagers start. It ignores signals that end
 * the pager's group: it is there for the time after it.
 */
final class ImageGuardMain {
  private ImageGuardMain() {}

  /**
   * What starts a guardian: this program's Java with as little memory as it needs.
   *
   * @param socket the pager's
   */
  static List<String> command(Path socket, Duration patience) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED",
        "-Xms4m",
        "-Xmx16m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        System.getProperty("java.class.path"),
        ImageGuardMain.class.getName(),
        socket.toString(),
        Long.toString(patience.toMillis()));
  }

  static int user() throws IOException {
    return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
  }

  /** Guards the pager at the socket named first, with the patience in milliseconds named second. */
  public static void main(String[] arguments) throws IOException {
    Path socket = PagerConfig.guardianSocket(Path.of(arguments[0]));
    Guardian.run(socket, user(), Duration.ofMillis(Long.parseLong(arguments[1])));
  }
}
