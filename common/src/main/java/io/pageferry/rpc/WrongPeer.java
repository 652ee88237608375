package io.pageferry.rpc;

import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pageferry.config.HostPort;
import io.pageferry.proto.v1.AdminServiceGrpc;
import io.pageferry.proto.v1.GetVersionRequest;
import io.pageferry.proto.v1.Role;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Says what is at an address where a call failed, if it is not the daemon that was expected there:
 * a daemon of the other kind, or no daemon at all. Blocks for four seconds at most. Stateless.
 */
public final class WrongPeer {
  private static final long ROLE_TIMEOUT_MILLIS = 3_000;

  private WrongPeer() {}

  /**
   * A sentence without its full stop that begins with the address; empty when nothing speaks
   * against the peer, or there is none.
   *
   * @param channel the one that the call was made on
   * @param expected which daemon was called
   * @param status how the call ended
   */
  public static Optional<String> describe(
      HostPort address, Channel channel, Role expected, Status status) {
    return switch (status.getCode()) {
      case UNIMPLEMENTED -> kind(channel, expected).map(found -> address + " is " + found);
      case UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL, UNKNOWN, CANCELLED -> notADaemon(address);
      default -> Optional.empty();
    };
  }

  /** The same for an address from which no answer came at all. */
  public static Optional<String> notADaemon(HostPort address) {
    return PortProbe.describe(address)
        .map(found -> address + " is no PageFerry daemon that answers: " + found);
  }

  private static Optional<String> kind(Channel channel, Role expected) {
    try {
      Role role =
          AdminServiceGrpc.newBlockingStub(channel)
              .withDeadlineAfter(ROLE_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS)
              .getVersion(GetVersionRequest.getDefaultInstance())
              .getRole();
      return role == expected || role == Role.ROLE_NODE
          ? Optional.empty()
          : name(role).map(is -> is + ", and not " + name(expected).orElseThrow());
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode() == Status.Code.UNIMPLEMENTED
          ? Optional.of("a gRPC server, and not a PageFerry daemon")
          : Optional.empty();
    }
  }

  /** What a daemon of a role is called; empty for a role that is not known. */
  public static Optional<String> name(Role role) {
    return switch (role) {
      case ROLE_SOURCE -> Optional.of("a source daemon");
      case ROLE_DESTINATION -> Optional.of("a destination daemon");
      case ROLE_NODE -> Optional.of("a node");
      case ROLE_UNSPECIFIED, UNRECOGNIZED -> Optional.empty();
    };
  }
}
