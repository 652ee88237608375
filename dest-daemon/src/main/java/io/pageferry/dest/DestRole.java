package io.pageferry.dest;

import io.grpc.BindableService;
import io.pageferry.config.HostPort;
import io.pageferry.daemon.guest.GuestEntry;
import io.pageferry.daemon.guest.GuestRegistry;
import io.pageferry.daemon.guest.StatusMessages;
import io.pageferry.dest.install.MemoryPopulation;
import io.pageferry.dest.timing.FaultTimings;
import io.pageferry.fault.GuestPages;
import io.pageferry.fault.mechanism.MechanismChoice;
import io.pageferry.host.Ending;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.PageGeometry;
import io.pageferry.memory.SlotLayout;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import io.pageferry.migration.Phase;
import io.pageferry.migration.ProtocolVersions;
import io.pageferry.proto.v1.PrepareRequest;
import io.pageferry.proto.v1.PrepareResponse;
import io.pageferry.proto.v1.SlotContents;
import io.pageferry.proto.v1.TransferStateRequest;
import io.pageferry.text.GuestName;
import io.pageferry.userfaultfd.UserfaultUnavailableException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** What the destination does in a daemon: guests come here. Any thread. */
public final class DestRole {
  private static final Logger LOG = LoggerFactory.getLogger(DestRole.class);

  /** How long a guest may be kept from moving so that it then finds its memory populated. */
  private static final long POPULATION_NANOS = 2_000_000_000;

  private final DestConfig config;
  private final GuestRegistry registry;
  private final Runnable beforeMigration;
  private final Level phaseLevel;
  private final AbortedMigrations aborted = new AbortedMigrations();

  /**
   * The destination's role for the guests of a registry.
   *
   * @param beforeMigration called when a migration comes
   * @param phaseLevel how phases of migrations are logged
   */
  public DestRole(
      DestConfig config, GuestRegistry registry, Runnable beforeMigration, Level phaseLevel) {
    this.config = config;
    this.registry = registry;
    this.beforeMigration = beforeMigration;
    this.phaseLevel = phaseLevel;
  }

  /** The migration service, for the server. */
  public BindableService migrationService() {
    return new MigrationService(this);
  }

  /**
   * Preflight checks, then memory and lanes.
   *
   * @return the protocol version to speak, and what stops accesses to missing pages
   */
  PrepareResponse prepare(PrepareRequest request) {
    beforeMigration.run();
    MigrationKey key = StatusMessages.key(request.getMigration());
    int version =
        ProtocolVersions.SPOKEN.negotiate(
            new ProtocolVersions(
                request.getVersions().getMinimum(), request.getVersions().getMaximum()),
            request.getSoftwareVersion());
    preflight(request);
    aborted.requireOther(key);
    IncomingMigration prepared = reserve(request, key, version);
    try {
      populate(prepared, request.getExpectedList());
      prepared.awaitLanes();
    } catch (PageFerryException e) {
      prepared.abort(Phase.FAILED, e.code(), e.getMessage());
      throw e;
    } catch (RuntimeException | Error e) {
      prepared.abort(Phase.FAILED, ErrorCode.INTERNAL, "The destination failed: " + e + ".");
      throw e;
    }
    return PrepareResponse.newBuilder()
        .setProtocolVersion(version)
        .setSoftwareVersion(ProtocolVersions.SOFTWARE_VERSION)
        .setTakesFirstPages(true)
        .setFaultMechanism(mechanism(request).toString())
        .build();
  }

  /** Only saves time later, so that failing at it is no reason to refuse the guest. */
  private static void populate(IncomingMigration prepared, List<SlotContents> expected) {
    if (!prepared.pages().mayBePopulated()) {
      return;
    }
    try {
      new MemoryPopulation(prepared.pages().memory(), expected, POPULATION_NANOS).run();
    } catch (RuntimeException | Error e) {
      if (!prepared.isClosed()) {
        LOG.warn("The guest's memory could not be populated ahead of time.", e);
      }
    }
  }

  private void preflight(PrepareRequest request) {
    if (request.getPageSizeBytes() != PageGeometry.PAGE_SIZE) {
      throw new PageFerryException(
          ErrorCode.PAGE_SIZE_MISMATCH,
          "The source's pages have "
              + request.getPageSizeBytes()
              + " bytes, the destination's "
              + PageGeometry.PAGE_SIZE
              + ".");
    }
    int vcpus = request.getVcpuCount();
    if (vcpus < 1 || vcpus > config.maxVcpus()) {
      throw new PageFerryException(
          ErrorCode.TOO_MANY_VCPUS,
          "The guest has "
              + Integer.toUnsignedString(vcpus)
              + " vCPUs; this destination takes 1 to "
              + config.maxVcpus()
              + " (--max-vcpus).");
    }
    if (GuestName.checked(request.getGuestName()).isEmpty()) {
      throw new IllegalArgumentException("The guest has no name.");
    }
    if (request.getSlotsCount() == 0) {
      throw new IllegalArgumentException("The guest has no memory slot.");
    }
  }

  /** Where the source says that it serves pages; only the source can mend it. */
  private static HostPort pageService(PrepareRequest request) {
    try {
      return HostPort.parse(request.getPageServiceAddress()).toConnectTo();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "The source's --advertise cannot be right: " + e.getMessage(), e);
    }
  }

  private IncomingMigration reserve(PrepareRequest request, MigrationKey key, int version) {
    String source = pageService(request).toString();
    List<SlotLayout> layouts =
        request.getSlotsList().stream()
            .map(s -> new SlotLayout(s.getId(), s.getGuestPhysicalAddress(), s.getSizeBytes()))
            .toList();
    try (GuestRegistry.Reservation room =
        registry.reserve(key, request.getGuestName(), bytes(layouts))) {
      IncomingMigration incoming = connect(request, key, version, source, layouts);
      try {
        var _ = room.keep(incoming);
        return incoming;
      } catch (RuntimeException | Error e) {
        Ending.after(e, incoming::close);
        throw e;
      }
    }
  }

  private IncomingMigration connect(
      PrepareRequest request,
      MigrationKey key,
      int version,
      String source,
      List<SlotLayout> layouts) {
    MechanismChoice mechanism = mechanism(request);
    GuestMemory memory = GuestMemory.anonymous(layouts);
    GuestPages pages = pages(memory, mechanism);
    try {
      int vcpus = request.getVcpuCount();
      // A rehearsal's faults would only be in the way of whoever reads a recording.
      FaultTimings timings = new FaultTimings(vcpus, phaseLevel != Level.DEBUG);
      return new IncomingMigration(
          key,
          request.getGuestName(),
          source,
          version,
          vcpus,
          pages,
          mechanism,
          config.prefetch(),
          timings,
          phaseLevel,
          aborted);
    } catch (RuntimeException | Error e) {
      Ending.after(e, () -> Ending.all(pages::close, memory::close));
      throw e;
    }
  }

  /** Pages that are all missing; if that cannot be, the memory is closed. */
  private static GuestPages pages(GuestMemory memory, MechanismChoice mechanism) {
    try {
      return GuestPages.missing(memory, mechanism.of(memory));
    } catch (UserfaultUnavailableException e) {
      Ending.after(e, memory::close);
      throw new PageFerryException(
          ErrorCode.FAULT_MECHANISM_UNAVAILABLE, String.valueOf(e.getMessage()), e);
    } catch (RuntimeException | Error e) {
      Ending.after(e, memory::close);
      throw e;
    }
  }

  private MechanismChoice mechanism(PrepareRequest request) {
    return request.getFaultMechanism().isEmpty()
        ? config.mechanism()
        : MechanismChoice.parse(request.getFaultMechanism());
  }

  private static long bytes(List<SlotLayout> layouts) {
    long bytes = 0;
    for (SlotLayout layout : layouts) {
      long sum = bytes + layout.sizeBytes();
      bytes = sum < 0 ? Long.MAX_VALUE : sum;
    }
    return bytes;
  }

  void transferState(TransferStateRequest request) {
    named(StatusMessages.key(request.getMigration())).loadState(request);
  }

  /** Runs the guest here; returns the time to the first vCPU's entry. */
  long commit(MigrationKey key) {
    return named(key).commit();
  }

  /** Forgets a migration that is not committed; an unknown one is forgotten already. */
  void abort(MigrationKey key, String reason) {
    IncomingMigration found = find(key);
    if (found != null) {
      found.abort(Phase.CANCELLED, ErrorCode.CANCELLED, "The source called it off: " + reason);
    }
  }

  private IncomingMigration named(MigrationKey key) {
    aborted.requireOther(key);
    IncomingMigration found = find(key);
    if (found == null || found.isClosed()) {
      throw new PageFerryException(
          ErrorCode.STALE_MIGRATION,
          "Migration "
              + key.migrationId()
              + " epoch "
              + key.epoch()
              + " is not prepared at this destination.");
    }
    return found;
  }

  private @Nullable IncomingMigration find(MigrationKey key) {
    return registry
        .withArrival(key)
        .flatMap(GuestEntry::arrival)
        .map(IncomingMigration.class::cast)
        .orElse(null);
  }
}
