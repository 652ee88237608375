package io.pageferry.dest;

import com.google.protobuf.ByteString;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.pageferry.config.HostPort;
import io.pageferry.daemon.Readiness;
import io.pageferry.daemon.Rehearsal;
import io.pageferry.daemon.StatusMessages;
import io.pageferry.guest.Machine;
import io.pageferry.guest.MachineSpec;
import io.pageferry.guest.Machines;
import io.pageferry.guest.ProgramParameters;
import io.pageferry.guest.program.BundledPrograms;
import io.pageferry.guest.program.ElfLoader;
import io.pageferry.guest.program.ParameterBlock;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.HostMemory;
import io.pageferry.memory.PageGeometry;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.ProtocolVersions;
import io.pageferry.proto.v1.CommitRequest;
import io.pageferry.proto.v1.MigrationRef;
import io.pageferry.proto.v1.MigrationServiceGrpc;
import io.pageferry.proto.v1.PrepareRequest;
import io.pageferry.proto.v1.SlotContents;
import io.pageferry.proto.v1.TransferStateRequest;
import io.pageferry.proto.v1.VersionRange;
import io.pageferry.rpc.RpcChannel;
import io.pageferry.rpc.RpcServer;
import io.pageferry.telemetry.RehearsedScrapes;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.event.Level;

/**
 * What a destination daemon exercises: a small guest comes, works, and is unloaded, again and
 * again, at a control and a server of their own; its pages come from a {@link StandInPageService}
 * behind the same server.
 */
final class DestRehearsal implements Rehearsal.Play {
  private static final HostPort ANY = new HostPort("127.0.0.1", 0);
  static final long MEMORY_BYTES = 16L << 20;
  private static final int VCPUS = 2;
  private static final long DEMAND_NANOS = 20_000_000;
  private static final long CALL_SECONDS = 5;
  private static final String PROGRAM = "smp";

  private final DestConfig config;
  private final HostMemory hostMemory;
  private final AtomicInteger migrations = new AtomicInteger();

  DestRehearsal(DestConfig config, HostMemory hostMemory) {
    this.config = config;
    this.hostMemory = hostMemory;
  }

  /** Migrations completed. */
  int migrations() {
    return migrations.get();
  }

  @Override
  public void perform() throws InterruptedException {
    MachineSpec spec =
        MachineSpec.withRam(
            "rehearsal",
            Math.min(VCPUS, config.maxVcpus()),
            MEMORY_BYTES,
            new MachineSpec.Kind.Riscv(),
            0);
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    DestControl control =
        new DestControl(
            config, hostMemory, registry, new Readiness(), Rehearsal.none(), Level.DEBUG);
    try (GuestMemory image = GuestMemory.anonymous(spec.slots());
        control;
        RehearsedScrapes scrapes = new RehearsedScrapes(registry)) {
      byte[] state = load(spec, image);
      StandInPageService source = new StandInPageService(image.slots().getFirst());
      try (RpcServer server =
          new RpcServer(
              ANY.toSocketAddress(), List.of(new MigrationService(control), source), List.of())) {
        server.start();
        migrateOn(control, spec, state, ANY.withPort(server.port()).toString(), source, scrapes);
      }
    }
  }

  private void migrateOn(
      DestControl control,
      MachineSpec spec,
      byte[] state,
      String address,
      StandInPageService source,
      RehearsedScrapes scrapes)
      throws InterruptedException {
    try (RpcChannel channel = new RpcChannel("rehearsal", address, false)) {
      while (true) {
        migrate(channel, spec, state, address, source);
        var _ = control.migrationTracker().awaitSettled();
        scrapes.scrape();
        var _ = control.unload(false);
        migrations.incrementAndGet();
      }
    } finally {
      // Closing waits, and lanes must have ended before the memory goes.
      var _ = Thread.interrupted();
    }
  }

  private static byte[] load(MachineSpec spec, GuestMemory image) {
    long entry =
        ElfLoader.load(
            BundledPrograms.elf(PROGRAM),
            image,
            ParameterBlock.of(spec, ProgramParameters.DEFAULT));
    try (Machine machine = Machines.create(spec, image, entry, (vcpu, fault) -> {})) {
      return machine.saveState();
    }
  }

  private static void migrate(
      RpcChannel channel,
      MachineSpec spec,
      byte[] state,
      String address,
      StandInPageService source) {
    MigrationRef migration =
        StatusMessages.ref(new MigrationKey(UUID.randomUUID(), UUID.randomUUID(), 2));
    SlotContents contents = everyPage(spec);
    var stub =
        MigrationServiceGrpc.newBlockingStub(channel.channel())
            .withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS);
    source.begin();
    var _ = stub.prepare(preparation(spec, migration, address, contents));
    var _ =
        stub.transferState(
            TransferStateRequest.newBuilder()
                .setMigration(migration)
                .setMachineState(ByteString.copyFrom(state))
                .setRun(true)
                .addContents(contents)
                .build());
    var _ = stub.commit(CommitRequest.newBuilder().setMigration(migration).build());
    LockSupport.parkNanos(DEMAND_NANOS);
    source.drain();
  }

  private static SlotContents everyPage(MachineSpec spec) {
    byte[] bits = new byte[(int) PageGeometry.pages(MEMORY_BYTES) / Byte.SIZE];
    Arrays.fill(bits, (byte) 0xff);
    return SlotContents.newBuilder()
        .setSlot(spec.slots().getFirst().id())
        .setNonzeroBitmap(ByteString.copyFrom(bits))
        .build();
  }

  private static PrepareRequest preparation(
      MachineSpec spec, MigrationRef migration, String address, SlotContents contents) {
    PrepareRequest.Builder request =
        PrepareRequest.newBuilder()
            .setMigration(migration)
            .setVersions(
                VersionRange.newBuilder()
                    .setMinimum(ProtocolVersions.SPOKEN.minimum())
                    .setMaximum(ProtocolVersions.SPOKEN.maximum()))
            .setSoftwareVersion(ProtocolVersions.SOFTWARE_VERSION)
            .setGuestName(spec.name())
            .setVcpuCount(spec.vcpus())
            .setPageSizeBytes(PageGeometry.PAGE_SIZE)
            .setPageServiceAddress(address)
            .addExpected(contents);
    spec.slots()
        .forEach(slot ->
            request.addSlots(
                io.pageferry.proto.v1.MemorySlot.newBuilder()
                    .setId(slot.id())
                    .setGuestPhysicalAddress(slot.base())
                    .setSizeBytes(slot.sizeBytes())));
    return request.build();
  }
}
