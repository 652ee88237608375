package io.pageferry.migration;

/**
 * Which versions of the peer protocol this program speaks, and how two peers agree on one.
 *
 * @param minimum oldest version
 * @param maximum newest version
 */
public record ProtocolVersions(int minimum, int maximum) {
  /**
   * What this build speaks. The machine state of version 1 had no sections; in version 2 the source
   * could not say that a page is lost, and there was no DMA device and no demand lane for what it
   * needs.
   */
  public static final ProtocolVersions SPOKEN = new ProtocolVersions(3, 3);

  /** Version of this program, for people. */
  public static final String SOFTWARE_VERSION = "0.1.0";

  /**
   * The newest version that both speak.
   *
   * @throws PageFerryException VERSION_MISMATCH if there is none
   */
  public int negotiate(ProtocolVersions peer, String peerSoftware) {
    int newest = Math.min(maximum, peer.maximum);
    if (newest < Math.max(minimum, peer.minimum) || peer.minimum > peer.maximum) {
      throw new PageFerryException(
          ErrorCode.VERSION_MISMATCH,
          "The peer (PageFerry "
              + peerSoftware
              + ") speaks protocol versions "
              + peer.minimum
              + " to "
              + peer.maximum
              + ", this daemon (PageFerry "
              + SOFTWARE_VERSION
              + ") "
              + minimum
              + " to "
              + maximum
              + "; upgrade the older one.");
    }
    return newest;
  }

  /**
   * Refuses a lane of another version.
   *
   * @throws PageFerryException VERSION_MISMATCH if {@code version} is not spoken
   */
  public void requireSpoken(int version) {
    if (version < minimum || version > maximum) {
      throw new PageFerryException(
          ErrorCode.VERSION_MISMATCH,
          "A lane asks for protocol version " + version + ", which this source does not speak.");
    }
  }
}
