package io.pageferry.bench.qemu;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

/** Gets two QEMUs ready to migrate from one to the other by post-copy. Stateless. */
final class QemuLink {
  private static final long UNLIMITED_BYTES_PER_SECOND = 100L << 30;
  private static final int DOWNTIME_LIMIT_MILLIS = 300;

  private QemuLink() {}

  /**
   * Turns on what post-copy needs, and makes the destination listen.
   *
   * @param host the destination's address
   * @return where it listens, as QEMU writes it
   */
  static String prepare(QemuProcess source, QemuProcess destination, boolean preempt, String host)
      throws InterruptedException {
    for (Qmp monitor : new Qmp[] {source.monitor(), destination.monitor()}) {
      JsonArray capabilities = new JsonArray();
      capabilities.add(capability("events", true));
      capabilities.add(capability("postcopy-ram", true));
      capabilities.add(capability("postcopy-preempt", preempt));
      // Only the destination blocks, but the handshake wants what both have in common.
      capabilities.add(capability("postcopy-blocktime", monitor == destination.monitor()));
      JsonObject arguments = new JsonObject();
      arguments.add("capabilities", capabilities);
      var _ = monitor.call("migrate-set-capabilities", arguments);
    }
    JsonObject parameters = new JsonObject();
    parameters.addProperty("max-bandwidth", UNLIMITED_BYTES_PER_SECOND);
    parameters.addProperty("max-postcopy-bandwidth", 0);
    parameters.addProperty("downtime-limit", DOWNTIME_LIMIT_MILLIS);
    var _ = source.monitor().call("migrate-set-parameters", parameters);
    var _ = destination.monitor().call("migrate-incoming", uri(host, 0));
    return "tcp:" + host + ":" + listeningPort(destination);
  }

  /** The argument of a command that takes an address. */
  static JsonObject uri(String uri) {
    JsonObject arguments = new JsonObject();
    arguments.addProperty("uri", uri);
    return arguments;
  }

  private static JsonObject uri(String host, int port) {
    return uri("tcp:" + host + ":" + port);
  }

  private static JsonObject capability(String name, boolean on) {
    JsonObject capability = new JsonObject();
    capability.addProperty("capability", name);
    capability.addProperty("state", on);
    return capability;
  }

  /** The port that the destination has chosen. */
  private static String listeningPort(QemuProcess destination) throws InterruptedException {
    JsonElement address =
        destination
            .monitor()
            .call("query-migrate")
            .getAsJsonObject()
            .getAsJsonArray("socket-address")
            .get(0);
    return address.getAsJsonObject().get("port").getAsString();
  }
}
