package io.pageferry.source.handover;

import io.pageferry.daemon.guest.HostedGuest;
import io.pageferry.guest.Machine;
import io.pageferry.proto.v1.TransferStateRequest;
import io.pageferry.source.image.Delivery;

/**
 * The time in which a guest stands still at the source: from the pause until it is given up, or
 * goes on here. The migration's thread; {@link #ageNanos} after {@link #begin}.
 */
final class GuestFreeze {
  private final HostedGuest guest;
  private boolean wasRunning;
  private long lastInstructionNanos;

  GuestFreeze(HostedGuest guest) {
    this.guest = guest;
  }

  /** Pauses the guest; nobody can resume it. */
  void begin() {
    guest.fence().freeze();
    wasRunning = guest.machine().state() == Machine.State.RUNNING;
    guest.machine().pause();
    lastInstructionNanos = System.nanoTime();
  }

  /** What the destination needs in order to go on. */
  TransferStateRequest.Builder state(Delivery delivery, boolean withFirstPages) {
    return GuestState.of(guest.machine(), delivery, withFirstPages).setRun(wasRunning);
  }

  /** Nanoseconds since the guest stopped. */
  long ageNanos() {
    return System.nanoTime() - lastInstructionNanos;
  }

  /**
   * The guest belongs to this daemon again, as before {@link #begin}.
   *
   * @param mayRun whether it goes on if it ran
   */
  void end(boolean mayRun) {
    guest.fence().comeBack();
    if (mayRun && wasRunning && guest.machine().state() != Machine.State.STOPPED) {
      guest.resume();
    }
  }
}
