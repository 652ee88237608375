package io.pageferry.cli;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.pageferry.config.HostPort;
import io.pageferry.proto.v1.AdminServiceGrpc;
import io.pageferry.proto.v1.AdminServiceGrpc.AdminServiceBlockingStub;
import io.pageferry.proto.v1.GetStatusRequest;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.Status;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * One daemon's admin service. Any thread. Connects on the first call; close once.
 *
 * <p>Every failure of a call is a {@link FerryException} that names the daemon.
 */
public final class AdminClient implements AutoCloseable {
  private static final long KEEPALIVE_SECONDS = 10;
  private static final long KEEPALIVE_TIMEOUT_SECONDS = 5;

  private final Role role;
  private final String address;
  private final Duration timeout;
  private final ManagedChannel channel;

  /**
   * A client of the daemon at an address.
   *
   * @param role the daemon expected there, for messages
   * @param timeout bound on each call, except those that follow
   */
  public AdminClient(Role role, HostPort address, Duration timeout) {
    this(
        role,
        address.toString(),
        timeout,
        Grpc.newChannelBuilderForAddress(
                address.host(), address.port(), InsecureChannelCredentials.create())
            // A call without an end is to notice that the daemon hangs or its host is gone.
            .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
            .keepAliveTimeout(KEEPALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
            .build());
  }

  AdminClient(Role role, String address, Duration timeout, ManagedChannel channel) {
    this.role = role;
    this.address = address;
    this.timeout = timeout;
    this.channel = channel;
  }

  /** host:port of the daemon. */
  public String address() {
    return address;
  }

  /** The daemon as a message names it. */
  public String description() {
    return (role == Role.ROLE_SOURCE ? "the source daemon at " : "the destination daemon at ")
        + address;
  }

  /** One call that must end within the timeout. */
  public <T> T call(Function<AdminServiceBlockingStub, T> call) {
    return call(timeout, call);
  }

  /** One call that must end within a time of its own. */
  public <T> T call(Duration limit, Function<AdminServiceBlockingStub, T> call) {
    try {
      return call.apply(
          AdminServiceGrpc.newBlockingStub(channel)
              .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS));
    } catch (StatusRuntimeException e) {
      throw failure(e);
    }
  }

  /** A call without an end, such as one that follows the console. */
  public void follow(Consumer<AdminServiceBlockingStub> call) {
    try {
      call.accept(AdminServiceGrpc.newBlockingStub(channel));
    } catch (StatusRuntimeException e) {
      throw failure(e);
    }
  }

  /** Guest and migration as they stand. */
  public Status status() {
    return call(stub -> stub.getStatus(GetStatusRequest.getDefaultInstance()));
  }

  /** Makes the next call try to connect at once, however often that failed before. */
  public void reconnect() {
    channel.resetConnectBackoff();
  }

  private FerryException failure(StatusRuntimeException failure) {
    return Failures.of(failure, description(), role == Role.ROLE_SOURCE ? "--source" : "--dest");
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
