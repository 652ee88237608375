package io.pageferry.client;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.pageferry.config.HostPort;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.AdminServiceGrpc;
import io.pageferry.proto.v1.AdminServiceGrpc.AdminServiceBlockingStub;
import io.pageferry.proto.v1.GetVersionRequest;
import io.pageferry.proto.v1.ListGuestsRequest;
import io.pageferry.proto.v1.ListGuestsResponse;
import io.pageferry.proto.v1.Role;
import io.pageferry.proto.v1.Status;
import io.pageferry.rpc.ErrorStatus;
import io.pageferry.rpc.RpcChannel;
import io.pageferry.rpc.WrongPeer;
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
  private final Role role;
  private final String guest;
  private final String address;
  private final Duration timeout;
  private final ManagedChannel channel;

  /** Whether the daemon has said that it is of the kind that was expected. */
  private volatile boolean recognized;

  /**
   * A client of the daemon at an address, and there of its only guest.
   *
   * @param role what the daemon is expected to do
   * @param timeout bound on each call, except those that follow
   */
  public AdminClient(Role role, HostPort address, Duration timeout) {
    this(role, "", address.toString(), timeout, RpcChannel.shared(address));
  }

  public AdminClient(
      Role role, String guest, String address, Duration timeout, ManagedChannel channel) {
    this.role = role;
    this.guest = guest;
    this.address = address;
    this.timeout = timeout;
    this.channel = channel;
  }

  /**
   * The same daemon, and there another guest. Both clients use one connection; closing either ends
   * it.
   *
   * @param other name or id of the guest; empty for the only one
   */
  public AdminClient of(String other) {
    return new AdminClient(role, other, address, timeout, channel);
  }

  /** Name or id of the guest that requests are to name; empty for the only one. */
  public String guest() {
    return guest;
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
    requireRole();
    return made(limit, call);
  }

  private <T> T made(Duration limit, Function<AdminServiceBlockingStub, T> call) {
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
    requireRole();
    try {
      call.accept(AdminServiceGrpc.newBlockingStub(channel));
    } catch (StatusRuntimeException e) {
      throw failure(e);
    }
  }

  /** All guests of the daemon. */
  public ListGuestsResponse guests() {
    ListGuestsResponse guests =
        made(timeout, stub -> stub.listGuests(ListGuestsRequest.getDefaultInstance()));
    recognize(guests.getRole());
    return PlainAnswers.of(guests);
  }

  /**
   * The guest and its migration as they stand; a status without either if the daemon does not have
   * it.
   *
   * @throws FerryException USAGE if the daemon has several guests, and none is named
   */
  public Status status() {
    return GuestChoice.of(guests(), guest, description());
  }

  /** Makes the next call try to connect at once, however often that failed before. */
  public void reconnect() {
    channel.resetConnectBackoff();
  }

  /**
   * A request that reaches the wrong daemon does there what was meant for the other one's guest.
   */
  private void requireRole() {
    if (!recognized) {
      recognize(
          made(timeout, stub -> stub.getVersion(GetVersionRequest.getDefaultInstance())).getRole());
    }
  }

  private void recognize(Role found) {
    if (found != role && found != Role.ROLE_NODE && found != Role.ROLE_UNSPECIFIED) {
      throw new FerryException(
          ExitCode.USAGE,
          "%s is %s, and %s names %s; check both addresses."
              .formatted(
                  address,
                  WrongPeer.name(found).orElse("a daemon of a kind that is not known"),
                  option(),
                  WrongPeer.name(role).orElseThrow()));
    }
    recognized = true;
  }

  private FerryException failure(StatusRuntimeException failure) {
    FerryException told = Failures.of(failure, description(), option());
    if (recognized || ErrorStatus.fromPeer(failure).isPresent()) {
      return told;
    }
    return WrongPeer.describe(HostPort.parse(address), channel, role, failure.getStatus())
        .map(found ->
            new FerryException(
                ExitCode.UNREACHABLE, found + "; check the address in " + option() + "."))
        .orElse(told);
  }

  private String option() {
    return role == Role.ROLE_SOURCE ? "--source" : "--dest";
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
