package io.pageferry.guest.machine;

import io.pageferry.guest.AsynchronousFaults;
import io.pageferry.guest.Machine.State;
import io.pageferry.guest.device.Dma;
import io.pageferry.memory.GuestMemory;
import java.util.function.Consumer;

/**
 * The machine's DMA device at work: all that its thread does, and what the machine tells it. It
 * obeys the gate as a vCPU does. Any thread, unless said otherwise.
 */
final class DmaWorker {
  private final Dma dma;
  private final Gate gate;
  private final Consumer<Throwable> failed;
  private final AsynchronousFaults faults;
  private final TrappedMemory memory;

  /**
   * Of a machine that does not run.
   *
   * @param failed told when the device cannot go on, on its thread
   */
  DmaWorker(
      Dma dma,
      GuestMemory memory,
      AsynchronousFaults faults,
      Gate gate,
      Consumer<Throwable> failed) {
    this.dma = dma;
    this.gate = gate;
    this.failed = failed;
    this.faults = faults;
    this.memory = new TrappedMemory(memory, faults, this::running);
  }

  private boolean running() {
    return gate.state() == State.RUNNING;
  }

  /** The life of its thread. */
  void live() {
    long run = 0;
    while ((run = gate.pass(run)) != Gate.CLOSED) {
      try {
        dma.work(memory, this::running);
      } catch (RuntimeException | Error e) {
        failed.accept(e);
      } finally {
        gate.comeBack();
      }
    }
  }

  /** The machine runs no more: ends its wait for a page, for room, or for the bell. */
  void stop() {
    faults.wakeDevices();
    dma.wake();
  }

  /** Returns when an access that has begun has ended, to memory that was shared by then. */
  void awaitPiece() {
    memory.awaitPiece();
    // It may wait for a page that is private now.
    faults.wakeDevices();
  }

  /** Forgets what it knows of pages; while it does not work. */
  void dropTranslations() {
    memory.drop();
  }
}
