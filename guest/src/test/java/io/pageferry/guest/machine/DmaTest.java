package io.pageferry.guest.machine;

import static io.pageferry.guest.machine.DmaGuest.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pageferry.guest.AsynchronousFault;
import io.pageferry.guest.Machine;
import io.pageferry.guest.VcpuExit.Access;
import io.pageferry.guest.device.Clint;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The DMA device of a machine: what it does, and how it waits, pauses, moves and fails. */
@Timeout(60)
class DmaTest {
  private static final long DONE = 1;
  private static final long BAD_DESCRIPTOR = 2;
  private static final long BAD_ADDRESS = 3;
  private static final long BROKEN = 2;
  private static final int STATUS = 0x20;
  private static final int INTERRUPT = 0x28;

  private final DmaGuest guest = new DmaGuest();

  @AfterEach
  void close() {
    guest.close();
  }

  @Test
  void aCopyCrossesPagesAndSlotsAtBothEnds() {
    guest.scramble(1);
    long source = LOW + 0x2000 + 4001;
    long destination = HIGH - 5003;
    byte[] expected = guest.bytes(source, 30_000);
    int place = guest.post(COPY, source, destination, 30_000);
    guest.machine.resume();
    guest.ring();
    guest.awaitTail(1);
    assertThat(guest.status(place)).isEqualTo(DONE);
    assertThat(guest.bytes(destination, 5003)).startsWith(expected[0]);
    assertThat(guest.bytes(destination + 20_000, 10_000))
        .isEqualTo(Arrays.copyOfRange(expected, 20_000, 30_000));
    assertThat(guest.slot(1).written().get(0)).isTrue();
    assertThat(guest.slot(1).written().get(15)).isFalse();
  }

  @Test
  void aFillWritesItsByteAndNothingElse() {
    int place = guest.post(FILL, 0xab, HIGH + 100, 5000);
    guest.machine.resume();
    guest.ring();
    guest.awaitTail(1);
    assertThat(guest.status(place)).isEqualTo(DONE);
    assertThat(guest.bytes(HIGH + 100, 5000)).containsOnly(0xab);
    assertThat(guest.bytes(HIGH, 100)).containsOnly(0);
    assertThat(guest.bytes(HIGH + 5100, 100)).containsOnly(0);
  }

  /** The hash of "foobar" is from the test vectors of FNV's authors. */
  @Test
  void aChecksumIsTheFnvHashOfTheBytes() {
    guest.put(HIGH + 0xffd, 0x7261_626f_6f66L);
    int place = guest.post(CHECKSUM, HIGH + 0xffd, 0, 6);
    guest.machine.resume();
    guest.ring();
    guest.awaitTail(1);
    assertThat(guest.result(place)).isEqualTo(0x8594_4171_f739_67e8L);
  }

  @Test
  void aBadDescriptorGetsAnErrorAndTheNextOneIsDone() {
    int operation = guest.post(17, HIGH, HIGH, 8);
    int length = guest.post(COPY, HIGH, HIGH + 0x2000, -1);
    int source = guest.post(COPY, 0x1000, HIGH, 8);
    int destination = guest.post(FILL, 1, END - 8, 16);
    int good = guest.post(FILL, 7, HIGH, 16);
    guest.machine.resume();
    guest.ring();
    guest.awaitTail(5);
    assertThat(guest.status(operation)).isEqualTo(BAD_DESCRIPTOR);
    assertThat(guest.status(length)).isEqualTo(BAD_DESCRIPTOR);
    assertThat(guest.status(source)).isEqualTo(BAD_ADDRESS);
    assertThat(guest.status(destination)).isEqualTo(BAD_ADDRESS);
    assertThat(guest.status(good)).isEqualTo(DONE);
    assertThat(guest.machine.state()).isEqualTo(Machine.State.RUNNING);
  }

  @Test
  void aPageWhoseDataIsLostIsRefusedAlsoIfTheDeviceKnewItBefore() {
    guest.machine.resume();
    var _ = guest.post(FILL, 7, HIGH, 16);
    guest.ring();
    guest.awaitTail(1);
    assertThat(guest.machine.poison(guest.slot(1), 0)).isTrue();
    int lost = guest.post(COPY, HIGH, HIGH + 0x2000, 8);
    int good = guest.post(FILL, 7, HIGH + 0x1000, 16);
    guest.ring();
    guest.awaitTail(3);
    assertThat(guest.status(lost)).isEqualTo(BAD_ADDRESS);
    assertThat(guest.status(good)).isEqualTo(DONE);
  }

  @Test
  void privateMemoryIsRefusedAlsoIfTheDeviceKnewItWhenItWasShared() {
    guest.machine.resume();
    var _ = guest.post(FILL, 7, HIGH, 2 * 4096);
    guest.ring();
    guest.awaitTail(1);
    guest.slot(1).convert(1, 1, true);
    int read = guest.post(COPY, HIGH + 4000, HIGH + 0x4000, 200);
    int write = guest.post(FILL, 8, HIGH + 0x1000, 16);
    guest.ring();
    guest.awaitTail(3);
    assertThat(guest.status(read)).isEqualTo(BAD_ADDRESS);
    assertThat(guest.status(write)).isEqualTo(BAD_ADDRESS);
    assertThat(guest.bytes(HIGH + 0x1000, 4096)).containsOnly(7);
    assertThat(guest.bytes(HIGH + 0x4000 + 96, 104)).containsOnly(0);
    guest.slot(1).convert(1, 1, false);
    int again = guest.post(FILL, 9, HIGH + 0x1000, 16);
    guest.ring();
    guest.awaitTail(4);
    assertThat(guest.status(again)).isEqualTo(DONE);
  }

  @Test
  void aDeviceThatWaitsForAPageIsRefusedOnceTheGuestKeepsItPrivate() {
    guest.machine.enableUserfault(1);
    guest.machine.resume();
    int place = guest.post(FILL, 7, HIGH, 16);
    guest.ring();
    guest.awaitFault();
    guest.slot(1).convert(0, 1, true);
    guest.queue().wakeDevices();
    guest.awaitTail(1);
    assertThat(guest.status(place)).isEqualTo(BAD_ADDRESS);
  }

  @Test
  void aRingInNoMemoryBreaksTheDeviceAndNotTheMachine() {
    guest.machine.resume();
    guest.set(0x00, 0x4000);
    guest.set(0x10, 1);
    await().until(() -> guest.get(STATUS) == BROKEN);
    assertThat(guest.machine.state()).isEqualTo(Machine.State.RUNNING);
    guest.set(STATUS, 0);
    guest.set(0x00, RING);
    int place = guest.post(FILL, 7, HIGH, 16);
    guest.ring();
    guest.awaitTail(1);
    assertThat(guest.status(place)).isEqualTo(DONE);
  }

  @Test
  void moreDescriptorsThanTheRingHoldsBreakTheDevice() {
    guest.machine.resume();
    guest.set(0x10, RING_SIZE + 1);
    assertThat(guest.get(STATUS)).isEqualTo(BROKEN);
  }

  @Test
  void eachDescriptorRaisesTheSoftwareInterruptThatTheGuestAskedFor() {
    guest.machine.resume();
    guest.set(INTERRUPT, 1);
    var _ = guest.post(FILL, 7, HIGH, 16);
    guest.ring();
    guest.awaitTail(1);
    var clint = guest.machine.parts().stream().filter(part -> part.tag().equals("clint"));
    assertThat(((Clint) clint.findFirst().orElseThrow()).softwarePending(0)).isTrue();
  }

  @Test
  void theDeviceWaitsForEachMissingPageAndTellsWhatItNeeds() {
    guest.scramble(2);
    byte[] expected = guest.bytes(LOW + 0x3000, 100);
    int place = guest.post(COPY, LOW + 0x3000, HIGH + 0x5010, 100);
    guest.machine.enableUserfault(0);
    guest.machine.enableUserfault(1);
    guest.machine.resume();
    guest.ring();
    AsynchronousFault ring = guest.readFault();
    assertThat(ring).isEqualTo(new AsynchronousFault(0, 1, RING, Access.READ));
    guest.resolve(ring);
    AsynchronousFault source = guest.readFault();
    assertThat(source).isEqualTo(new AsynchronousFault(0, 3, LOW + 0x3000, Access.READ));
    assertThat(guest.slot(1).written().get(5)).isFalse();
    guest.resolve(source);
    AsynchronousFault destination = guest.readFault();
    assertThat(destination).isEqualTo(new AsynchronousFault(1, 5, HIGH + 0x5010, Access.WRITE));
    assertThat(guest.slot(1).written().get(5)).isFalse();
    guest.resolve(destination);
    guest.awaitTail(1);
    assertThat(guest.status(place)).isEqualTo(DONE);
    assertThat(guest.slot(1).written().get(5)).isTrue();
    assertThat(guest.bytes(HIGH + 0x5010, 100)).isEqualTo(expected);
  }

  /** KVM's RFC did not: a cached translation went past the new trap. */
  @Test
  void whatTheDeviceKnowsOfASlotIsForgottenWhenUserfaultIsSwitchedOn() {
    guest.machine.resume();
    var _ = guest.post(FILL, 7, HIGH, 16);
    guest.ring();
    guest.awaitTail(1);
    guest.machine.enableUserfault(1);
    var _ = guest.post(FILL, 8, HIGH, 16);
    guest.ring();
    AsynchronousFault fault = guest.readFault();
    assertThat(fault.slotId()).isEqualTo(1);
    assertThat(guest.bytes(HIGH, 16)).containsOnly(7);
    guest.resolve(fault);
    guest.awaitTail(2);
    assertThat(guest.bytes(HIGH, 16)).containsOnly(8);
  }

  @Test
  void userfaultSwitchedOnInTheMiddleOfATransferStopsItAtTheNextPage() {
    guest.machine.resume();
    for (int round = 0; round < 20; round++) {
      long tail = guest.get(0x18);
      int last = 0;
      for (int i = 0; i < RING_SIZE; i++) {
        last = guest.post(FILL, round, HIGH, SLOT_BYTES);
      }
      guest.ring();
      guest.machine.enableUserfault(1);
      guest.resolveUntilTail(tail + RING_SIZE);
      assertThat(guest.status(last)).isEqualTo(DONE);
      assertThat(guest.bytes(HIGH, (int) SLOT_BYTES)).containsOnly(round);
      guest.machine.disableUserfault(1);
    }
    assertThat(guest.read).isNotEmpty();
  }

  @Test
  void aMachineThatSwitchesUserfaultOffLetsTheDeviceGoOn() {
    guest.machine.enableUserfault(1);
    guest.machine.resume();
    var _ = guest.post(FILL, 7, HIGH, 16);
    guest.ring();
    guest.awaitFault();
    guest.machine.disableUserfault(1);
    guest.awaitTail(1);
  }

  @Test
  void aPauseWaitsForNoMissingPage() {
    guest.machine.enableUserfault(1);
    guest.machine.resume();
    var _ = guest.post(FILL, 7, HIGH, 3 * 4096);
    guest.ring();
    guest.awaitFault();
    for (int round = 0; round < 20; round++) {
      long start = System.nanoTime();
      guest.machine.pause();
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(100));
      assertThat(guest.queue().size()).as("asked once, whatever happens").isEqualTo(1);
      guest.machine.resume();
    }
    guest.resolveUntilTail(1);
    assertThat(guest.bytes(HIGH, 3 * 4096)).containsOnly(7);
  }

  @Test
  void aPauseComesInTheMiddleOfALongTransferAndNothingIsWrittenThen() {
    guest.machine.resume();
    for (int i = 0; i < RING_SIZE; i++) {
      // Slow: ten million bytes would take no time at all, so each is summed up.
      var _ = guest.post(CHECKSUM, LOW, 0, 2 * SLOT_BYTES);
    }
    guest.ring();
    long start = System.nanoTime();
    guest.machine.pause();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(100));
    byte[] before = guest.machine.saveState();
    assertThat(guest.machine.saveState()).isEqualTo(before);
    guest.machine.resume();
    guest.awaitTail(RING_SIZE);
  }

  @Test
  void aTransferThatWaitsIsSavedAndGoesOnElsewhere() {
    guest.scramble(3);
    byte[] expected = guest.bytes(LOW + 0x3100, 20_000);
    int place = guest.post(COPY, LOW + 0x3100, HIGH + 0x11, 20_000);
    int sum = guest.post(CHECKSUM, HIGH + 0x11, 0, 20_000);
    guest.machine.enableUserfault(1);
    guest.machine.resume();
    guest.ring();
    for (int page = 0; page < 3; page++) {
      guest.resolve(guest.readFault());
    }
    guest.awaitFault();
    guest.machine.pause();
    assertThat(guest.status(place)).isZero();
    try (DmaGuest other = new DmaGuest(guest)) {
      // What was copied before is not copied again.
      other.put(HIGH + 0x20, 0);
      other.machine.resume();
      other.awaitTail(2);
      assertThat(other.status(place)).isEqualTo(DONE);
      byte[] copied = other.bytes(HIGH + 0x11, 20_000);
      assertThat(copied).isNotEqualTo(expected);
      other.machine.pause();
      other.put(HIGH + 0x20, longAt(expected, 0x20 - 0x11));
      assertThat(other.bytes(HIGH + 0x11, 20_000)).isEqualTo(expected);
      assertThat(other.status(sum)).isEqualTo(DONE);
    }
  }

  private static long longAt(byte[] bytes, int offset) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(offset);
  }

  @Test
  void aVmmThatCannotBringPagesFailsTheMachineAsAVcpuWould() {
    guest.machine.enableUserfault(1);
    guest.machine.resume();
    var _ = guest.post(FILL, 7, HIGH, 16);
    guest.ring();
    guest.awaitFault();
    guest.queue().fail(new IllegalArgumentException("a defect"));
    guest.awaitState(Machine.State.STOPPED);
    assertThat(guest.machine.exitCode()).isEqualTo(EmulatedMachine.FAILED);
    assertThat(guest.machine.failure()).startsWith("Its DMA device cannot go on: ");
  }

  @Test
  void closingEndsADeviceThatWaitsForAPage() {
    guest.machine.enableUserfault(1);
    guest.machine.resume();
    Thread device = guest.thread();
    var _ = guest.post(FILL, 7, HIGH, 16);
    guest.ring();
    guest.awaitFault();
    guest.machine.close();
    assertThat(device.isAlive()).isFalse();
  }

  @Test
  void theDeviceDoesNotSpinWhileItIsIdleOrWaitsForAPage() throws Exception {
    guest.machine.enableUserfault(1);
    guest.machine.resume();
    Thread device = guest.thread();
    await().until(() -> device.getState() == Thread.State.WAITING);
    assertThat(cpuOf(device)).as("idle").isLessThan(Duration.ofMillis(3));
    var _ = guest.post(FILL, 7, HIGH, 16);
    guest.ring();
    guest.awaitFault();
    await().until(() -> device.getState() == Thread.State.WAITING);
    assertThat(cpuOf(device)).as("waits").isLessThan(Duration.ofMillis(3));
  }

  /** Processor time in a third of a second. */
  private static Duration cpuOf(Thread thread) throws InterruptedException {
    var threads = ManagementFactory.getThreadMXBean();
    long before = threads.getThreadCpuTime(thread.threadId());
    Thread.sleep(300);
    return Duration.ofNanos(threads.getThreadCpuTime(thread.threadId()) - before);
  }
}
