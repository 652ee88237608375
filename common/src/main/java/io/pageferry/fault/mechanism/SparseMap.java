package io.pageferry.fault.mechanism;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A map from page numbers to values that costs memory only where there are values: the kernel's
 * xarray, a tree of nodes with 64 entries. A page without a value has 0.
 *
 * <p>Any thread may {@link #get}, without a lock. Whoever calls {@link #set} holds a lock of its
 * own, so that one does at a time.
 *
 * <table>
 * <caption>Memory ordering</caption>
 * <tr><th>write</th><th>read</th><th>the pair guarantees</th></tr>
 * <tr><td>{@link #set} (volatile)</td><td>{@link #get} (volatile)</td>
 *     <td>who sees a value sees what was written before it was set</td></tr>
 * </table>
 */
final class SparseMap {
  private static final int FANOUT_BITS = 6;
  private static final int FANOUT = 1 << FANOUT_BITS;

  /** What a node of the kernel's takes: 64 entries of 8 bytes, and a head of 64 bytes. */
  static final int NODE_BYTES = 64 + FANOUT * Long.BYTES;

  /** Guarded by the lock of whoever calls {@link #set}, but for the entries. */
  private abstract static sealed class Node {
    /** How far a page number is shifted to find its entry. */
    final int shift;

    /** Entries that hold something. */
    int used;

    Node(int shift) {
      this.shift = shift;
    }

    int entry(long page) {
      return (int) (page >>> shift) & FANOUT - 1;
    }

    boolean covers(long page) {
      int bits = shift + FANOUT_BITS;
      return bits >= Long.SIZE || page >>> bits == 0;
    }
  }

  private static final class Leaf extends Node {
    final AtomicLongArray values = new AtomicLongArray(FANOUT);

    Leaf() {
      super(0);
    }
  }

  private static final class Inner extends Node {
    final AtomicReferenceArray<@Nullable Node> nodes = new AtomicReferenceArray<>(FANOUT);

    Inner(int shift) {
      super(shift);
    }
  }

  private volatile @Nullable Node root;
  private final AtomicInteger nodes = new AtomicInteger();

  /** The value of a page. */
  long get(long page) {
    Node node = root;
    if (node == null || !node.covers(page)) {
      return 0;
    }
    while (node instanceof Inner inner) {
      node = inner.nodes.get(inner.entry(page));
    }
    return node instanceof Leaf leaf ? leaf.values.get(leaf.entry(page)) : 0;
  }

  /** Sets the value of a page; 0 for none. Nodes without values go. */
  void set(long page, long value) {
    if (value == 0 && get(page) == 0) {
      return;
    }
    Leaf leaf = leafOf(page);
    int entry = leaf.entry(page);
    long old = leaf.values.getAndSet(entry, value);
    leaf.used += (value != 0 ? 1 : 0) - (old != 0 ? 1 : 0);
    if (leaf.used == 0) {
      removePath(page);
    }
  }

  /** Nodes that there are. */
  int nodes() {
    return nodes.get();
  }

  private Leaf leafOf(long page) {
    Node node = root;
    if (node == null) {
      node = newLeaf();
      root = node;
    }
    while (!node.covers(page)) {
      Inner above = newInner(node.shift + FANOUT_BITS);
      above.nodes.set(0, node);
      above.used = 1;
      root = above;
      node = above;
    }
    while (node instanceof Inner inner) {
      Node next = inner.nodes.get(inner.entry(page));
      if (next == null) {
        next = inner.shift == FANOUT_BITS ? newLeaf() : newInner(inner.shift - FANOUT_BITS);
        inner.nodes.set(inner.entry(page), next);
        inner.used++;
      }
      node = next;
    }
    return (Leaf) node;
  }

  private Leaf newLeaf() {
    nodes.incrementAndGet();
    return new Leaf();
  }

  private Inner newInner(int shift) {
    nodes.incrementAndGet();
    return new Inner(shift);
  }

  /** Removes the leaf of a page, which is empty, and nodes above it that are empty then. */
  private void removePath(long page) {
    Node top = root;
    if (top != null && remove(top, page)) {
      root = null;
    }
  }

  /** Returns whether the node itself is empty now, and not counted any more. */
  private boolean remove(Node node, long page) {
    if (node instanceof Inner inner) {
      Node next = inner.nodes.get(inner.entry(page));
      if (next == null || !remove(next, page)) {
        return false;
      }
      inner.nodes.set(inner.entry(page), null);
      inner.used--;
      if (inner.used > 0) {
        return false;
      }
    }
    nodes.decrementAndGet();
    return true;
  }
}
