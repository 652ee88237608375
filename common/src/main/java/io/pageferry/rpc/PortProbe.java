package io.pageferry.rpc;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.pageferry.config.HostPort;
import io.pageferry.text.PlainText;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.Optional;

/**
 * Looks what answers at a port to the beginning of an HTTP/2 connection. Blocks for four seconds at
 * most. Stateless.
 */
final class PortProbe {
  private static final int CONNECT_TIMEOUT_MILLIS = 1_000;

  /** A daemon on a busy host takes its time. */
  private static final int ANSWER_TIMEOUT_MILLIS = 3_000;

  private static final int FIRST_BYTES = 48;
  private static final int SETTINGS = 4;
  private static final int TLS_ALERT = 0x15;
  private static final int TLS_MAJOR_VERSION = 3;

  /** The client's preface and an empty SETTINGS frame (RFC 9113, section 3.4). */
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0".getBytes(ISO_8859_1);

  private PortProbe() {}

  /** What was found, as a clause; empty for an HTTP/2 server, or when nobody listens. */
  static Optional<String> describe(HostPort address) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(address.host(), address.port()), CONNECT_TIMEOUT_MILLIS);
      socket.setSoTimeout(ANSWER_TIMEOUT_MILLIS);
      return Optional.of(answer(socket)).filter(found -> !found.isEmpty());
    } catch (IOException _) {
      return Optional.empty();
    }
  }

  private static String answer(Socket socket) {
    try {
      socket.getOutputStream().write(PREFACE);
      InputStream in = socket.getInputStream();
      return name(in.readNBytes(1), in);
    } catch (SocketTimeoutException _) {
      return "what listens there takes a connection and says nothing";
    } catch (IOException _) {
      return "what listens there breaks the connection off";
    }
  }

  private static String name(byte[] first, InputStream in) throws IOException {
    if (first.length == 0) {
      return "what listens there ends the connection without a word, as a TLS port may";
    }
    byte[] more = new byte[FIRST_BYTES];
    more[0] = first[0];
    int count = 1 + Math.max(0, in.read(more, 1, FIRST_BYTES - 1));
    String text = new String(more, 0, count, ISO_8859_1);
    if (count > SETTINGS && more[0] == 0 && more[3] == SETTINGS) {
      return "";
    }
    if (more[0] == TLS_ALERT && more[1] == TLS_MAJOR_VERSION) {
      return "a TLS server listens there, and PageFerry speaks plain text";
    }
    if (text.startsWith("HTTP/")) {
      return "an HTTP/1 server listens there, as on the port of a daemon's metrics";
    }
    if (text.startsWith("SSH-")) {
      return "an SSH server listens there";
    }
    String line = text.lines().findFirst().orElse("");
    return "what listens there speaks another protocol (\"" + PlainText.of(line) + "\")";
  }
}
