package io.pageferry.bench.mechanism;

/** What lies between a fault and its page. */
enum Way {
  /** No network: the page is copied from other memory of the same process. */
  LOCAL("local", 0),
  /** Two daemons over the loopback interface. */
  LOOPBACK("loopback", 0),
  /** The same, with answers held back at the source. */
  PLUS_30("+30 us", 30_000),
  /** The same, for longer. */
  PLUS_100("+100 us", 100_000);

  private final String label;
  private final long delayNanos;

  Way(String label, long delayNanos) {
    this.label = label;
    this.delayNanos = delayNanos;
  }

  /** What it is called in reports. */
  String label() {
    return label;
  }

  /** How long the source is to hold each answer back. */
  long delayNanos() {
    return delayNanos;
  }
}
