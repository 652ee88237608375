package io.pageferry.dest.handover;

import io.pageferry.unixsocket.LocalDescriptor;
import io.pageferry.unixsocket.LocalProcess;
import java.util.List;

/**
 * Another process' memory: which it is, and what it is paged by. Its owner closes it.
 *
 * @param text where the memory is, as it came
 * @param userfaultfd reports accesses, and does not block
 * @param features what the process has agreed on with the kernel, as bits of {@link
 *     io.pageferry.userfaultfd.UserfaultFeature}
 * @param process whose memory it is
 */
public record HandOver(
    String text, LocalDescriptor userfaultfd, long features, LocalProcess process)
    implements AutoCloseable {
  /**
   * Where the memory is.
   *
   * @throws IllegalArgumentException if that cannot be right, in a sentence
   */
  public List<Region> regions() {
    return RegionList.parse(text);
  }

  @Override
  public void close() {
    userfaultfd.close();
    process.close();
  }
}
