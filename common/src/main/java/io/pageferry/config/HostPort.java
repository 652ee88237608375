package io.pageferry.config;

import io.pageferry.text.PlainText;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * A host and a TCP port, written {@code host:port}, with brackets around an IPv6 address: {@code
 * 127.0.0.1:7000}, {@code dest.example:7000}, {@code [::1]:7000}, {@code [fe80::1%eth0]:7000}.
 * Immutable; any thread. Names are looked up by {@link #toSocketAddress} only.
 *
 * @param host a name or an address, without brackets
 * @param port 0 to 65535; a listener on port 0 is given a free port by the system
 */
public record HostPort(String host, int port) {
  /** Refuses a host that no resolver knows, and a port out of range. */
  public HostPort {
    HostNotation.check(host);
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
              .formatted(PlainText.of(text), bracketed ? "[::1]:7000" : "localhost:7000"));
    }
    if (!bracketed && address.indexOf(':', colon + 1) >= 0) {
      throw new IllegalArgumentException(
          "'%s' has more than one colon; write an IPv6 address in brackets, such as [::1]:7000."
              .formatted(PlainText.of(text)));
    }
    String host = bracketed ? address.substring(1, colon - 1) : address.substring(0, colon);
    if (bracketed && host.indexOf(':') < 0) {
      throw new IllegalArgumentException(
          "'%s' has brackets, and they are for IPv6 addresses only, such as [::1]:7000."
              .formatted(PlainText.of(text)));
    }
    return new HostPort(host, port(text, address.substring(colon + 1)));
  }

  private static int port(String text, String digits) {
    if (digits.isEmpty() || digits.length() > 5 || !digits.chars().allMatch(HostPort::isDigit)) {
      throw new IllegalArgumentException(
          "'%s' does not end in a port between 0 and 65535.".formatted(PlainText.of(text)));
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

  /**
   * The same, if one can connect to it.
   *
   * @throws IllegalArgumentException if the port is 0 or the host stands for every address, which
   *     only a listener can use
   */
  public HostPort toConnectTo() {
    if (port == 0) {
      throw new IllegalArgumentException(
          "Port 0 in " + this + " is for listening only; name the port that the daemon told.");
    }
    if (isWildcard()) {
      throw new IllegalArgumentException(
          this + " stands for every address of a host; name one at which it can be reached.");
    }
    return this;
  }

  /** Whether it stands for every address of a host, as 0.0.0.0 does. Only for listening. */
  public boolean isWildcard() {
    try {
      return InetAddress.ofLiteral(host).isAnyLocalAddress();
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  /**
   * The address to bind. Looks the name up; may block.
   *
   * @throws IllegalArgumentException if nobody knows the name
   */
  public InetSocketAddress toSocketAddress() {
    InetSocketAddress found = new InetSocketAddress(host, port);
    if (found.isUnresolved()) {
      throw new IllegalArgumentException(
          "The host of "
              + this
              + " is not known here; check its name, or write an address of this host.");
    }
    return found;
  }

  @Override
  public String toString() {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }
}
