package io.pageferry.memory;

/** Is told which pages of a slot a vCPU uses. */
@FunctionalInterface
public interface FirstTouches {
  /**
   * A vCPU maps a page, which is present. It may be told of the same page again. By the vCPU's
   * thread, each time it fills a TLB entry, so it has to be cheap.
   */
  void touch(long page);
}
