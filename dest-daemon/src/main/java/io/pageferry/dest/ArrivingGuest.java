package io.pageferry.dest;

import io.pageferry.daemon.guest.HostedGuest;
import io.pageferry.dest.fault.FaultResolver;
import io.pageferry.dest.install.FirstPages;
import io.pageferry.dest.install.PageInstaller;
import io.pageferry.dest.install.PageMap;
import io.pageferry.guest.Machine;
import io.pageferry.guest.VcpuThreadException;
import io.pageferry.guest.machine.Machines;
import io.pageferry.memory.GuestMemory;
import io.pageferry.memory.MemorySlot;
import io.pageferry.memory.PageBitmap;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.ExecutionFence;
import io.pageferry.migration.MigrationKey;
import io.pageferry.migration.PageFerryException;
import io.pageferry.proto.v1.TransferStateRequest;
import java.lang.foreign.Arena;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A guest as the source transfers it, before it is taken over: the machine, which pages are zero,
 * and the pages that come with its state. Any thread.
 *
 * @param guest it stands still
 * @param wasRunning whether it is to run here
 */
record ArrivingGuest(HostedGuest guest, boolean wasRunning) {
  private static final Logger LOG = LoggerFactory.getLogger(ArrivingGuest.class);

  /**
   * A guest whose vCPUs have their threads already: Commit is too late to find that they cannot.
   *
   * @param name what it was prepared as, and nobody else is called
   * @param faults resolves the faults of its vCPUs and devices
   * @throws PageFerryException MALFORMED_STATE if the state cannot be right, INSUFFICIENT_THREADS
   *     if not every vCPU can have a thread; nothing is changed then
   */
  static ArrivingGuest load(
      TransferStateRequest request,
      MigrationKey key,
      String name,
      int vcpus,
      PageInstaller installer,
      FaultResolver faults) {
    GuestMemory memory = installer.memory();
    try (Arena arena = Arena.ofConfined()) {
      Map<MemorySlot, PageBitmap> nonzero = PageMap.read(memory, request.getContentsList(), arena);
      FirstPages firstPages = new FirstPages(request.getFirstPagesList(), vcpus, memory, nonzero);
      Machine machine = Machines.restore(request.getMachineState().toByteArray(), memory, faults);
      try {
        if (machine.spec().vcpus() != vcpus) {
          throw new IllegalArgumentException(
              "it has " + machine.spec().vcpus() + " vCPUs where " + vcpus + " were prepared.");
        }
        if (!machine.spec().name().equals(name)) {
          throw new IllegalArgumentException(
              "it is called " + machine.spec().name() + " where " + name + " was prepared.");
        }
        HostedGuest guest =
            new HostedGuest(
                key.guestId(), machine, ExecutionFence.expecting(key.epoch()), installer.pages());
        guest.startThreads();
        startDeviceThread(faults);
        nonzero.forEach(installer::acceptZeroPages);
        firstPages.installWith(installer);
        return new ArrivingGuest(guest, request.getRun());
      } catch (RuntimeException | Error e) {
        machine.close();
        throw e;
      }
    } catch (IllegalArgumentException e) {
      throw new PageFerryException(
          ErrorCode.MALFORMED_STATE, "The guest's state cannot be loaded: " + e.getMessage(), e);
    }
  }

  private static void startDeviceThread(FaultResolver faults) {
    try {
      faults.startDeviceThread();
    } catch (VcpuThreadException e) {
      throw new PageFerryException(
          ErrorCode.INSUFFICIENT_THREADS, String.valueOf(e.getMessage()), e);
    }
  }

  /** Whether it goes on once it is taken over. */
  boolean runs() {
    return wasRunning && guest.machine().state() != Machine.State.STOPPED;
  }

  /** Lets it run. It was taken over, so that it stays here also if this fails. */
  void resume() {
    try {
      guest.resume();
    } catch (RuntimeException | Error e) {
      LOG.error("Guest {} was taken over and does not run; resume it here.", guest.name(), e);
    }
  }

  /** Stops its vCPUs for good; those that the kernel has stopped stay where they are. */
  void pause() {
    guest.machine().pause();
  }

  /** Ends its vCPUs. */
  void stop() {
    guest.machine().close();
  }
}
