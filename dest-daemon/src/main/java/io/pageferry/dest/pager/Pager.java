package io.pageferry.dest.pager;

import io.pageferry.dest.guardian.GuardianLink;
import io.pageferry.dest.handover.HandOver;
import io.pageferry.dest.handover.HandOverReceiver;
import io.pageferry.host.Ending;
import io.pageferry.migration.PageFerryException;
import io.pageferry.text.PlainText;
import io.pageferry.unixsocket.UnixConnection;
import io.pageferry.unixsocket.UnixListener;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Takes the memory of other processes over and restores an image in it. One restoration is always
 * prepared, for the process that comes next. {@link #start} once, {@link #close} once.
 */
public final class Pager implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Pager.class);
  private static final int LOOK_MILLIS = 200;

  private final PagerConfig config;
  private final ImageClient client;
  private final List<Restore> restores = new CopyOnWriteArrayList<>();
  private final RefusedHandOvers refusedOnes = new RefusedHandOvers();
  private final LongAdder taken = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final LongAdder completed = new LongAdder();
  private final LongAdder endedFaults = new LongAdder();
  private @Nullable UnixListener listener;
  private @Nullable Thread acceptor;
  private volatile @Nullable GuardianLink guardian;
  private @Nullable Restore spare;
  private volatile boolean stopping;

  /** A pager that does not listen yet. */
  public Pager(PagerConfig config) {
    this.config = config;
    client = new ImageClient(config.source().toConnectTo().toString());
  }

  /**
   * Connects to the source, and listens.
   *
   * @throws PageFerryException if the source cannot be reached, or has no such image
   * @throws IOException if the socket cannot be made
   */
  public void start() throws IOException {
    // Whoever waits for this pager is served first.
    takeOrphans();
    if (restores.isEmpty()) {
      new PagerRehearsal(this::exercise, config.rehearsal()).run();
    }
    spare = newRestore();
    UnixListener listening =
        UnixListener.at(config.socket(), config.users().size() > 1 ? "rw-rw-rw-" : "rw-------");
    listener = listening;
    acceptor = Thread.ofPlatform().daemon().name("hand-over").start(() -> acceptAll(listening));
  }

  private Restore newRestore() {
    return new Restore(client, config, config.drainAfter(), Level.INFO, this::over);
  }

  private Restore exercise() {
    return new Restore(client, config, Duration.ofHours(1), Level.DEBUG, this::over);
  }

  private void acceptAll(UnixListener listening) {
    while (!stopping) {
      try {
        UnixConnection connection = listening.accept(LOOK_MILLIS);
        refusedOnes.forgetEnded();
        if (connection != null) {
          // Each on a thread of its own, so that a peer which says nothing holds nobody up.
          Thread.ofPlatform().daemon().name("hand-over-peer").start(() -> serve(connection));
        }
      } catch (IOException e) {
        LOG.error("A connection could not be taken.", e);
      }
    }
  }

  private void serve(UnixConnection connection) {
    try {
      takeOver(connection);
      return;
    } catch (IllegalArgumentException | PageFerryException e) {
      refused.increment();
      LOG.warn("A hand-over is refused: {}", e.getMessage());
      connection.answer("refused: " + PlainText.of(String.valueOf(e.getMessage())));
    } catch (IOException | RuntimeException | Error e) {
      refused.increment();
      LOG.error("A hand-over has failed.", e);
    }
    connection.close();
  }

  private void takeOver(UnixConnection connection) throws IOException {
    HandOver handOver = HandOverReceiver.receive(connection, config.users());
    for (Restore restore : restores) {
      if (restore.pages(handOver) && restore.adopt(connection)) {
        handOver.close();
        return;
      }
    }
    restore(handOver, connection);
    taken.increment();
    prepare();
  }

  private void restore(HandOver handOver, @Nullable UnixConnection connection) throws IOException {
    Restore restore = null;
    try {
      // Before anything is used up.
      var _ = handOver.regions();
      restore = next();
      GuardianLink keeper = guardian;
      if (keeper != null) {
        keeper.hold(handOver);
      }
      restore.take(handOver, connection);
    } catch (IOException | RuntimeException | Error e) {
      if (restore != null) {
        Ending.after(e, restore::close);
      }
      refusedOnes.keep(handOver);
      throw e;
    }
  }

  /** Goes on with what a pager before this one has left behind. */
  private void takeOrphans() throws IOException {
    if (config.guardian().isEmpty()) {
      return;
    }
    List<HandOver> orphans = new ArrayList<>();
    guardian =
        GuardianLink.connect(
            PagerConfig.guardianSocket(config.socket()), config.guardian(), orphans);
    for (HandOver orphan : orphans) {
      LOG.info("Process {} was left behind by another pager.", orphan.process().pid());
      restore(orphan, null);
      taken.increment();
    }
  }

  /** The restoration that is prepared, or another one. */
  private Restore next() {
    Restore restore;
    synchronized (this) {
      if (stopping) {
        throw new IllegalArgumentException("The pager is about to end.");
      }
      if (restores.size() >= config.maxRestores()) {
        throw new IllegalArgumentException(
            "The pager has %d processes whose pages are missing; --max-restores sets the limit."
                .formatted(config.maxRestores()));
      }
      restore = spare;
      spare = null;
    }
    if (restore == null || !restore.isFresh()) {
      restore = newRestore();
    }
    restores.add(restore);
    return restore;
  }

  private void prepare() {
    try {
      Restore prepared = newRestore();
      Restore surplus;
      synchronized (this) {
        surplus = spare;
        spare = prepared;
      }
      if (surplus != null) {
        surplus.close();
      }
    } catch (PageFerryException | IllegalArgumentException e) {
      LOG.warn("The next restoration could not be prepared: {}", e.getMessage());
    }
  }

  private void over(Restore restore) {
    if (restores.remove(restore)) {
      endedFaults.add(restore.timings().faults());
      GuardianLink keeper = guardian;
      if (keeper != null && !restore.isIncomplete()) {
        restore.pid().ifPresent(keeper::done);
      }
      if (restore.isWhole()) {
        completed.increment();
      }
    }
  }

  /** Restorations that are under way. */
  public int active() {
    return restores.size();
  }

  /** Pages that are missing in their processes. */
  public long missingPages() {
    return restores.stream().mapToLong(Restore::missingPages).sum();
  }

  /** Faults that were taken. */
  public long faults() {
    return endedFaults.sum()
        + restores.stream().mapToLong(restore -> restore.timings().faults()).sum();
  }

  /** Processes that were taken over. */
  public long taken() {
    return taken.sum();
  }

  /** Hand-overs that were refused. */
  public long refused() {
    return refused.sum();
  }

  /** Processes whose pages are all in place. */
  public long completed() {
    return completed.sum();
  }

  /** Takes nobody else over, and waits for the pages of those who were. */
  public void finish(Duration grace) throws InterruptedException {
    synchronized (this) {
      stopping = true;
    }
    long until = System.nanoTime() + grace.toNanos();
    for (Restore restore : restores) {
      restore.finish(Duration.ofNanos(Math.max(0, until - System.nanoTime())));
    }
  }

  /** Which processes end with the pager, in a sentence. */
  public Optional<String> loss() {
    List<Integer> pids = new ArrayList<>();
    for (Restore restore : restores) {
      if (restore.isIncomplete()) {
        restore.pid().ifPresent(pids::add);
      }
    }
    return pids.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "Pages never came of these processes, which end with the pager: " + pids + ".");
  }

  /** Not while its thread looks at it. */
  private void closeListener() {
    UnixListener listening = listener;
    Thread accepting = acceptor;
    if (listening == null || accepting == null) {
      return;
    }
    try {
      accepting.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    listening.close();
  }

  @Override
  public void close() {
    stopping = true;
    Restore prepared;
    synchronized (this) {
      prepared = spare;
      spare = null;
    }
    closeListener();
    if (prepared != null) {
      prepared.close();
    }
    for (Restore restore : List.copyOf(restores)) {
      restore.close();
    }
    refusedOnes.close();
    client.close();
    GuardianLink keeper = guardian;
    if (keeper != null) {
      keeper.close();
    }
  }
}
