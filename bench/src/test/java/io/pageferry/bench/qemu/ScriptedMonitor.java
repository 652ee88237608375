package io.pageferry.bench.qemu;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;

/**
 * A QEMU monitor for one connection: greets, agrees on the protocol, and then says the next of its
 * answers, which may be several lines, to each command. After the last it closes the connection.
 */
final class ScriptedMonitor implements AutoCloseable {
  private final ServerSocketChannel server;

  ScriptedMonitor(Path socket, String... answers) throws IOException {
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    var _ = server.bind(UnixDomainSocketAddress.of(socket));
    var _ = Thread.ofVirtual().start(() -> serve(List.of(answers)));
  }

  private void serve(List<String> answers) {
    try (SocketChannel connection = server.accept();
        BufferedReader commands = new BufferedReader(Channels.newReader(connection, UTF_8))) {
      say(connection, "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\n");
      var _ = commands.readLine();
      say(connection, "{\"return\": {}}\n");
      for (String answer : answers) {
        var _ = commands.readLine();
        say(connection, answer);
      }
    } catch (IOException _) {
      // The test has ended.
    }
  }

  private static void say(SocketChannel connection, String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(UTF_8));
    while (bytes.hasRemaining()) {
      var _ = connection.write(bytes);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
