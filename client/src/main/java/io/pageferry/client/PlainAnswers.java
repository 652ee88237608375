package io.pageferry.client;

import io.pageferry.proto.v1.GuestStatus;
import io.pageferry.proto.v1.ListGuestsResponse;
import io.pageferry.proto.v1.MigrationRef;
import io.pageferry.proto.v1.MigrationStatus;
import io.pageferry.proto.v1.Status;
import io.pageferry.text.PlainText;

/**
 * What daemons say, made plain before anything prints it: a daemon of another version, or what
 * somebody put in its place, may send any characters. Stateless.
 */
final class PlainAnswers {
  private PlainAnswers() {}

  /** All guests, whose every text is {@link PlainText}. */
  static ListGuestsResponse of(ListGuestsResponse guests) {
    ListGuestsResponse.Builder plain = guests.toBuilder().clearGuests();
    guests.getGuestsList().forEach(status -> plain.addGuests(of(status)));
    return plain.build();
  }

  /** A status whose every text is {@link PlainText}. */
  static Status of(Status status) {
    Status.Builder plain = status.toBuilder();
    if (status.hasGuest()) {
      plain.setGuest(of(status.getGuest()));
    }
    if (status.hasMigration()) {
      plain.setMigration(of(status.getMigration()));
    }
    return plain.build();
  }

  private static GuestStatus of(GuestStatus guest) {
    return guest.toBuilder()
        .setGuestId(PlainText.of(guest.getGuestId()))
        .setName(PlainText.of(guest.getName()))
        .setFailure(PlainText.of(guest.getFailure()))
        .build();
  }

  private static MigrationStatus of(MigrationStatus migration) {
    MigrationStatus.Builder plain =
        migration.toBuilder()
            .setReason(PlainText.of(migration.getReason()))
            .setPeer(PlainText.of(migration.getPeer()))
            .setFaultMechanism(PlainText.of(migration.getFaultMechanism()))
            .setGuestName(PlainText.of(migration.getGuestName()))
            .setImageDigest(PlainText.of(migration.getImageDigest()));
    if (migration.hasMigration()) {
      plain.setMigration(of(migration.getMigration()));
    }
    return plain.build();
  }

  private static MigrationRef of(MigrationRef ref) {
    return ref.toBuilder()
        .setMigrationId(PlainText.of(ref.getMigrationId()))
        .setGuestId(PlainText.of(ref.getGuestId()))
        .build();
  }
}
