package io.pageferry.containers;

import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.PortBinding;
import com.github.dockerjava.api.model.Ports;
import java.util.List;
import java.util.Map;

/** How every container of PageFerry is run in the tests; compose.yaml says the same. Stateless. */
final class Hardening {
  private Hardening() {}

  /** No writable files but a small /tmp, no capabilities, no way to get any. */
  static HostConfig apply(HostConfig settings) {
    return settings
        .withReadonlyRootfs(true)
        .withTmpFs(Map.of("/tmp", "exec,size=16m"))
        .withCapDrop(Capability.ALL)
        .withSecurityOpts(List.of("no-new-privileges:true"));
  }

  /** Ports published on free ports of the loopback interface only. */
  static void publish(HostConfig settings, int... ports) {
    PortBinding[] bindings = new PortBinding[ports.length];
    for (int i = 0; i < ports.length; i++) {
      bindings[i] = new PortBinding(Ports.Binding.bindIp("127.0.0.1"), new ExposedPort(ports[i]));
    }
    var _ = settings.withPortBindings(bindings);
  }
}
