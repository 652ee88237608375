package io.pageferry.userfaultfd;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A userfaultfd: the descriptor, its handshake, and the ranges that are registered with it.
 *
 * <p>Any thread. It has one owner, who closes it once, after every thread that uses it has stopped:
 * the number of a closed descriptor is given to the next file. These calls allocate; what a fault
 * needs is in {@link UserfaultCaller} and {@link UserfaultEvents}.
 *
 * <p>When the last descriptor of a userfaultfd closes, in whichever process, accesses are stopped
 * no more, and pages that are missing then read as zeros.
 */
public final class Userfaultfd implements AutoCloseable {
  private static final int USER_MODE_ONLY = 1;
  private static final String DEVICE = "/dev/userfaultfd";
  private static final long API = 0xaa;
  private static final long API_BYTES = 24;
  private static final long REGISTER_BYTES = 32;
  private static final long RANGE_BYTES = 16;

  private static final long UFFDIO_API = 0xc018_aa3fL;
  private static final long UFFDIO_REGISTER = 0xc020_aa00L;
  private static final long UFFDIO_UNREGISTER = 0x8010_aa01L;
  private static final long USERFAULTFD_IOC_NEW = 0xaa00L;

  private final int descriptor;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Userfaultfd(int descriptor) {
    this.descriptor = descriptor;
  }

  /**
   * A new descriptor for memory of this process, non-blocking, and closed by {@code exec}. Its
   * handshake comes next.
   *
   * @param userModeOnly whether only accesses in user mode are stopped, and system calls that
   *     access a missing page fail with EFAULT. Where {@code vm.unprivileged_userfaultfd} is 0, the
   *     system call gives an unprivileged process nothing else; the device does.
   * @throws UserfaultUnavailableException if the host gives none
   */
  public static Userfaultfd open(boolean userModeOnly) {
    int flags =
        LinuxUserfault.O_CLOEXEC | LinuxUserfault.O_NONBLOCK | (userModeOnly ? USER_MODE_ONLY : 0);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment error = LinuxUserfault.newError(arena);
      int descriptor = LinuxUserfault.userfaultfd(error, flags);
      if (descriptor >= 0) {
        return new Userfaultfd(descriptor);
      }
      int refusal = LinuxUserfault.code(error);
      descriptor = fromDevice(error, arena.allocateFrom(DEVICE), flags);
      if (descriptor < 0) {
        throw new UserfaultUnavailableException(refusal, LinuxUserfault.code(error));
      }
      return new Userfaultfd(descriptor);
    }
  }

  private static int fromDevice(MemorySegment error, MemorySegment path, int flags) {
    int device = LinuxUserfault.open(error, path, LinuxUserfault.O_RDWR | LinuxUserfault.O_CLOEXEC);
    if (device < 0) {
      return -1;
    }
    // Safe: this request takes its flags by value, where others take an address.
    MemorySegment byValue = MemorySegment.ofAddress(flags);
    int descriptor = LinuxUserfault.ioctl(error, device, USERFAULTFD_IOC_NEW, byValue);
    try (Arena arena = Arena.ofConfined()) {
      LinuxUserfault.close(LinuxUserfault.newError(arena), device);
    }
    return descriptor;
  }

  /** A descriptor that this process was given, with its handshake done. It is owned from now on. */
  public static Userfaultfd ofDescriptor(int descriptor) {
    return new Userfaultfd(descriptor);
  }

  /**
   * The features that this kernel offers, as bits of {@link UserfaultFeature}.
   *
   * @throws UserfaultUnavailableException if the host gives no userfaultfd
   */
  public static long offeredFeatures() {
    try (Userfaultfd probe = open(true)) {
      return probe.handshake(0);
    }
  }

  /**
   * Agrees with the kernel on features; once, before anything else.
   *
   * @param features bits of {@link UserfaultFeature} that are needed
   * @return all features that the kernel offers
   * @throws UserfaultException if the kernel lacks one of them, or the handshake was done before
   */
  public long handshake(long features) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment api = arena.allocate(API_BYTES, Long.BYTES);
      api.set(JAVA_LONG, 0, API);
      api.set(JAVA_LONG, 8, features);
      call(arena, UFFDIO_API, api, "The kernel refuses userfaultfd features " + features);
      return api.get(JAVA_LONG, 8);
    }
  }

  /**
   * Stops accesses to a range of this process' memory.
   *
   * @param address of the first page
   * @param bytes a multiple of the page size
   * @param mode bits of {@link RegisterMode}
   * @return the ioctls that the range has, a bit each
   * @throws UserfaultException if the range is not mapped, or cannot be registered
   */
  public long register(long address, long bytes, long mode) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment register = arena.allocate(REGISTER_BYTES, Long.BYTES);
      register.set(JAVA_LONG, 0, address);
      register.set(JAVA_LONG, 8, bytes);
      register.set(JAVA_LONG, 16, mode);
      call(arena, UFFDIO_REGISTER, register, "Memory cannot be registered with a userfaultfd");
      return register.get(JAVA_LONG, 24);
    }
  }

  /**
   * Stops accesses to a range no more. Threads that wait for one of its pages go on.
   *
   * @throws UserfaultException if the range is not mapped
   */
  public void unregister(long address, long bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment range = arena.allocate(RANGE_BYTES, Long.BYTES);
      range.set(JAVA_LONG, 0, address);
      range.set(JAVA_LONG, 8, bytes);
      call(arena, UFFDIO_UNREGISTER, range, "Memory cannot be unregistered from a userfaultfd");
    }
  }

  private void call(Arena arena, long request, MemorySegment argument, String failure) {
    MemorySegment error = LinuxUserfault.newError(arena);
    if (LinuxUserfault.ioctl(error, descriptor, request, argument) != 0) {
      throw new UserfaultException(failure, LinuxUserfault.code(error));
    }
  }

  /** The number of the descriptor, to pass it on; it stays this object's. */
  public int descriptor() {
    return descriptor;
  }

  /** Closes the descriptor. Idempotent. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      try (Arena arena = Arena.ofConfined()) {
        LinuxUserfault.close(LinuxUserfault.newError(arena), descriptor);
      }
    }
  }
}
