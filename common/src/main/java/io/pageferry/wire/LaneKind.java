package io.pageferry.wire;

/** Which of the two kinds of lanes brings a page. */
public enum LaneKind {
  /** A vCPU's own: pages that it has asked for, and those that ride along. */
  DEMAND,
  /** The one that brings all other pages. */
  DRAIN
}
