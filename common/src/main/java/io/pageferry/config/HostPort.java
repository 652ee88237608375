package io.pageferry.config;

import java.net.InetSocketAddress;

/**
 * A host and a TCP port, written {@code host:port}, with brackets around an IPv6 address: {@code
 * 127.0.0.1:7000}, {@code dest.example:7000}, {@code [::1]:7000}. Immutable; any thread. Names are
 * not looked up here.
 *
 * @param host a name or an address, without brackets
 * @param port 0 to 65535; a listener on port 0 is given a free port by the system
 */
public record HostPort(String host, int port) {
  /** Refuses an empty host and a port out of range. */
  public HostPort {
    if (host.isBlank() || host.chars().anyMatch(Character::isWhitespace)) {
      throw new IllegalArgumentException(
          "The host '" + host + "' is empty or holds a blank; write host:port.");
    }
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException("Port " + port + " is not between 0 and 65535.");
    }
  }

  /**
   * Reads the notation above.
   *
   * @throws IllegalArgumentException with a sentence that shows the notation
   */
  public static HostPort parse(String text) {
    String address = text.strip();
    boolean bracketed = address.startsWith("[");
    int colon = bracketed ? address.indexOf("]:") + 1 : address.indexOf(':');
    if (colon <= 0) {
      throw new IllegalArgumentException(
          "'%s' is not an address; write host:port, such as %s."
              .formatted(text, bracketed ? "[::1]:7000" : "localhost:7000"));
    }
    if (!bracketed && address.indexOf(':', colon + 1) >= 0) {
      throw new IllegalArgumentException(
          "'%s' has more than one colon; write an IPv6 address in brackets, such as [::1]:7000."
              .formatted(text));
    }
    String host = bracketed ? address.substring(1, colon - 1) : address.substring(0, colon);
    return new HostPort(host, port(text, address.substring(colon + 1)));
  }

  private static int port(String text, String digits) {
    if (digits.isEmpty() || digits.length() > 5 || !digits.chars().allMatch(HostPort::isDigit)) {
      throw new IllegalArgumentException(
          "'%s' does not end in a port between 0 and 65535.".formatted(text));
    }
    return Integer.parseInt(digits);
  }

  private static boolean isDigit(int character) {
    return character >= '0' && character <= '9';
  }

  /** The same host with another port. */
  public HostPort withPort(int otherPort) {
    return new HostPort(host, otherPort);
  }

  /** The address to bind or connect to. Looks the name up; may block. */
  public InetSocketAddress toSocketAddress() {
    return new InetSocketAddress(host, port);
  }

  @Override
  public String toString() {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }
}
