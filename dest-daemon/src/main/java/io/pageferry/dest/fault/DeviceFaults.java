package io.pageferry.dest.fault;

import io.pageferry.guest.AsynchronousFault;
import io.pageferry.guest.AsynchronousFaults;
import io.pageferry.guest.VcpuThreadException;
import io.pageferry.rpc.loop.DrivenLoop;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Resolves the faults of a guest's devices, which cannot exit: the thread {@code fault-dma-0} waits
 * parked for the queue's signal, reads the faults, brings one page after the other as a vCPU would,
 * on a lane of its own, and lets the devices go on.
 *
 * <p>{@link #resolve} and {@link #start} are called while the guest is loaded; {@link #end} by any
 * thread. If the thread fails, so do the devices that wait, and with them the machine.
 */
final class DeviceFaults {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceFaults.class);

  private final FaultResolver resolver;
  private volatile @Nullable AsynchronousFaults queue;
  private volatile boolean ended;

  /** Resolves nothing yet. */
  DeviceFaults(FaultResolver resolver) {
    this.resolver = resolver;
  }

  /** The queue of the machine. */
  void resolve(AsynchronousFaults faults) {
    queue = faults;
  }

  /**
   * Starts the thread.
   *
   * @throws VcpuThreadException if the host allows none
   */
  void start() {
    AsynchronousFaults faults = queue;
    if (faults == null) {
      throw new IllegalStateException("There is no machine whose devices could fault.");
    }
    try {
      var _ =
          Thread.ofPlatform()
              .daemon()
              .name("fault-dma-0")
              .start(() -> DrivenLoop.runWithPools(() -> live(faults)));
    } catch (OutOfMemoryError e) {
      throw new VcpuThreadException("the guest's devices' faults", e);
    }
  }

  private void live(AsynchronousFaults faults) {
    List<AsynchronousFault> read = new ArrayList<>();
    try {
      while (faults.awaitFaults()) {
        var _ = faults.read(read::add);
        for (AsynchronousFault fault : read) {
          resolver.resolve(fault, this::hasEnded);
          faults.resolved();
        }
        read.clear();
      }
    } catch (RuntimeException | Error e) {
      failed(faults, e);
    }
  }

  private void failed(AsynchronousFaults faults, Throwable cause) {
    if (!ended) {
      LOG.error("The faults of the guest's devices cannot be resolved any more.", cause);
      faults.fail(cause);
    }
  }

  private boolean hasEnded() {
    return ended;
  }

  /** Ends the thread; what its devices wait for is accessible, or they are to stop. */
  void end() {
    ended = true;
    AsynchronousFaults faults = queue;
    if (faults != null) {
      faults.endReading();
      faults.wakeDevices();
    }
  }
}
