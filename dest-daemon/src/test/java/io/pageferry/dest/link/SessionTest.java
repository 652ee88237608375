package io.pageferry.dest.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.pageferry.dest.fault.FaultWaiters;
import io.pageferry.dest.install.Incoming;
import io.pageferry.dest.install.PageInstaller;
import io.pageferry.migration.MigrationKey;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One set of lanes, which may be followed by another. */
class SessionTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final MigrationKey KEY = new MigrationKey(UUID.randomUUID(), UUID.randomUUID(), 2);

  private final ScriptedSource source = new ScriptedSource();
  private final Incoming incoming = Incoming.ofPages(8);
  private final List<String> ended = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() {
    source.close();
    incoming.close();
  }

  private Session session(int vcpus) {
    return new Session(
        KEY,
        1,
        source.address(),
        vcpus,
        incoming.installer,
        (String lane, Status status) -> ended.add(lane));
  }

  private static boolean hasThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(thread -> thread.getName().matches("(demand|drain)-lane-.*"));
  }

  @Test
  void itsLanesEndWithItAndNobodyIsToldOfThem() {
    Session session = session(2);
    session.awaitAttached();
    assertThat(source.demandLanes).hasSize(2);
    assertThat(source.drainLanes).hasSize(1);
    session.close();
    session.close();
    await().atMost(PATIENCE).until(() -> !hasThreads());
    assertThat(ended).isEmpty();
  }

  @Test
  void aLaneThatEndsByItselfIsNamed() {
    try (Session session = session(1)) {
      session.awaitAttached();
      source.loseDemandLane();
      await().atMost(PATIENCE).until(() -> ended.contains("demand"));
      source.loseDrainLane();
      await().atMost(PATIENCE).until(() -> ended.contains("drain"));
    }
  }

  @Test
  void theNextSessionGoesOnWithThePagesAndAcknowledgementsOfTheOneBefore() {
    try (Session first = session(1)) {
      first.awaitAttached();
      source.drain(ScriptedSource.pages(Incoming.SLOT, 0, 3));
      await().atMost(PATIENCE).until(() -> incoming.guest.presentPages() == 3);
    }
    source.acknowledged.clear();
    try (Session next = session(1)) {
      next.awaitAttached();
      source.drain(ScriptedSource.pages(Incoming.SLOT, 2, 6));
      await().atMost(PATIENCE).until(() -> source.acknowledged.size() == 1);
      assertThat(source.acknowledged.peek().getFirstPage()).isEqualTo(3);
      assertThat(incoming.installer.duplicatePages()).isOne();
      assertThat(incoming.guest.isComplete()).isTrue();
    }
  }

  @Test
  @SuppressWarnings("NullAway")
  void aSessionThatCannotBeMadeLeavesNoConnectionBehind() {
    PageInstaller broken = new PageInstaller(incoming.guest, new FaultWaiters(1), null);
    assertThatThrownBy(() ->
            new Session(KEY, 1, source.address(), 1, broken, (lane, status) -> ended.add(lane)))
        .isInstanceOf(NullPointerException.class);
    await().atMost(PATIENCE).until(() -> !hasThreads());
  }
}
