package io.pageferry.config;

import io.pageferry.text.PlainText;
import java.net.InetAddress;
import java.util.regex.Pattern;

/**
 * Which hosts may be named: those that every resolver reads in the same way. Nothing is looked up.
 * Stateless.
 */
final class HostNotation {
  private static final int LONGEST_NAME = 254;

  /** Underscores are no letters of a host name in the standard, and are in use. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]*");

  private static final Pattern SCOPED = Pattern.compile("([^%]*)%([A-Za-z0-9._-]+)");
  private static final Pattern ENDS_IN_A_NUMBER =
      Pattern.compile("(.*\\.)?([0-9]+|0[xX][0-9a-fA-F]*)\\.?");
  private static final Pattern LEADING_ZERO = Pattern.compile("(.*\\.)?0[0-9xX].*");

  private HostNotation() {}

  static void check(String host) {
    if (host.isBlank() || host.chars().anyMatch(Character::isWhitespace)) {
      throw new IllegalArgumentException(
          "The host '" + PlainText.of(host) + "' is empty or holds a blank; write host:port.");
    }
    if (host.indexOf(':') >= 0) {
      checkIpv6(host);
    } else if (ENDS_IN_A_NUMBER.matcher(host).matches()) {
      checkIpv4(host);
    } else {
      checkName(host);
    }
  }

  private static void checkIpv6(String host) {
    var scoped = SCOPED.matcher(host);
    // Whether there is an interface of that name is known where the address is used only.
    if (!isLiteral(scoped.matches() ? scoped.group(1) : host)) {
      throw new IllegalArgumentException(
          "'"
              + PlainText.of(host)
              + "' is not an IPv6 address; write one such as ::1 or fe80::1%eth0.");
    }
  }

  private static void checkIpv4(String host) {
    if (LEADING_ZERO.matcher(host).matches() || !isLiteral(host)) {
      throw new IllegalArgumentException(
          "'"
              + host
              + "' is not an IPv4 address that everyone reads in the same way; write four numbers"
              + " from 0 to 255 without leading zeros, such as 127.0.0.1.");
    }
  }

  private static boolean isLiteral(String host) {
    try {
      return !InetAddress.ofLiteral(host).getHostAddress().isEmpty();
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  private static void checkName(String host) {
    if (host.length() > LONGEST_NAME || !NAME.matcher(host).matches()) {
      throw new IllegalArgumentException(
          "'"
              + PlainText.of(host)
              + "' is not a host name; write up to 253 letters, digits, hyphens, underscores and"
              + " dots, and a name with other letters in its ASCII form (xn--...).");
    }
  }
}
