package io.pageferry.rpc;

import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.Status;
import io.grpc.StatusOr;
import io.pageferry.config.HostPort;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Resolves the host of a {@link HostPort} as the operating system does, and again whenever gRPC
 * asks, which is when a connection is lost. gRPC's own resolver takes URIs, and a URI has no room
 * for a name with an underscore or an address with a scope.
 *
 * <p>gRPC calls it from one synchronization context; look-ups run on virtual threads, except those
 * of addresses, which ask nobody.
 */
final class HostResolver extends NameResolver {
  private static final String SCHEME = "pageferry";

  static {
    NameResolverRegistry.getDefaultRegistry().register(new Provider());
  }

  private final HostPort address;
  private @Nullable Listener2 listener;

  private HostResolver(HostPort address) {
    this.address = address;
  }

  /** The target of a channel to an address. */
  static String target(HostPort address) {
    try {
      return new URI(SCHEME, "", "/" + address, null).toString();
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("A URI quotes what it has no letters for.", e);
    }
  }

  /** What requests name as the host: a scope means nothing to anyone but this host. */
  @Override
  public String getServiceAuthority() {
    int scope = address.host().indexOf('%');
    return scope < 0
        ? address.toString()
        : new HostPort(address.host().substring(0, scope), address.port()).toString();
  }

  @Override
  public void start(Listener2 told) {
    listener = told;
    refresh();
  }

  @Override
  public void refresh() {
    Listener2 told = listener;
    if (told == null) {
      return;
    }
    try {
      tell(told, InetAddress.ofLiteral(address.host()));
    } catch (IllegalArgumentException _) {
      var _ = Thread.ofVirtual().name("resolve").start(() -> lookUp(told));
    }
  }

  private void lookUp(Listener2 told) {
    try {
      tell(told, InetAddress.getAllByName(address.host()));
    } catch (UnknownHostException e) {
      told.onError(
          Status.UNAVAILABLE
              .withDescription("the host " + address.host() + " is not known there")
              .withCause(e));
    }
  }

  private void tell(Listener2 told, InetAddress... found) {
    List<EquivalentAddressGroup> groups = new ArrayList<>();
    for (InetAddress one : found) {
      groups.add(new EquivalentAddressGroup(new InetSocketAddress(one, address.port())));
    }
    told.onResult(
        ResolutionResult.newBuilder().setAddressesOrError(StatusOr.fromValue(groups)).build());
  }

  @Override
  public void shutdown() {
    listener = null;
  }

  private static final class Provider extends NameResolverProvider {
    @Override
    protected boolean isAvailable() {
      return true;
    }

    @Override
    protected int priority() {
      return 5;
    }

    @Override
    public String getDefaultScheme() {
      return SCHEME;
    }

    @Override
    public @Nullable NameResolver newNameResolver(URI target, Args arguments) {
      return SCHEME.equals(target.getScheme())
          ? new HostResolver(HostPort.parse(target.getPath().substring(1)))
          : null;
    }
  }
}
