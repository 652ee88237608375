package io.pageferry.source.handover;

import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import io.pageferry.proto.v1.CommitResponse;
import io.pageferry.proto.v1.MigrationRef;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the destination to run the guest, which nobody runs meanwhile. Stateless. */
final class Commit {
  private static final Logger LOG = LoggerFactory.getLogger(Commit.class);
  private static final int ATTEMPTS = 3;
  private static final long RETRY_NANOS = 200_000_000;

  private Commit() {}

  /**
   * The destination has not said that it runs the guest.
   *
   * @param guestNeverRan whether it has said that it never did and never will
   */
  record Failure(Throwable error, boolean guestNeverRan) {}

  /**
   * Asks until an answer says something, three times at most. Blocks.
   *
   * @param givenUp whether the answer does not matter any more
   * @return null if the destination runs the guest
   */
  static @Nullable Failure ask(
      DestinationClient client, MigrationRef migration, BooleanSupplier givenUp) {
    for (int attempt = 1; ; attempt++) {
      try {
        CommitResponse response = client.commit(migration);
        LOG.debug("The destination entered its vCPUs after {} ns.", response.getResumeNanos());
        return null;
      } catch (RuntimeException | Error e) {
        // What is not the destination's answer proves nothing.
        ErrorCode code = e instanceof PageFerryException known ? known.code() : ErrorCode.INTERNAL;
        boolean neverRan = CommitRefusal.provesThatTheGuestNeverRan(code, attempt);
        if (neverRan || attempt == ATTEMPTS || givenUp.getAsBoolean()) {
          return new Failure(e, neverRan);
        }
        LockSupport.parkNanos(RETRY_NANOS);
      }
    }
  }
}
