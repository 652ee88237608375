package io.pageferry.dest.handover;

import io.pageferry.unixsocket.LocalDescriptor;
import io.pageferry.unixsocket.LocalProcess;
import java.util.List;

/**
 * Another process' memory: which it is, and what it is paged by. Its owner closes it.
 *
 * @param regions where the memory is
 * @param text the same as it came, to be passed on
 * @param userfaultfd reports accesses, and does not block
 * @param features what the process has agreed on with the kernel, as bits of {@link
 *     io.pageferry.userfaultfd.UserfaultFeature}
 * @param process whose memory it is
 */
public record HandOver(
    List<Region> regions,
    String text,
    LocalDescriptor userfaultfd,
    long features,
    LocalProcess process)
    implements AutoCloseable {
  @Override
  public void close() {
    userfaultfd.close();
    process.close();
  }
}
