package io.pageferry.fault.mechanism;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MemoryAttributesMechanismTest extends FaultMechanismTest {
  MemoryAttributesMechanismTest() {
    super(MechanismKind.MEMORY_ATTRIBUTES);
  }

  @Test
  void theExactAttributesOfARangeAreSet() {
    MemoryAttributes attributes = new MemoryAttributes();
    attributes.set(100, 50, MemoryAttributes.USERFAULT);
    attributes.set(120, 10, MemoryAttributes.PRIVATE);
    assertThat(attributes.of(99)).isEqualTo(MemoryAttributes.NONE);
    assertThat(attributes.of(119)).isEqualTo(MemoryAttributes.USERFAULT);
    // Not added to what was there: the interface has no way to set or clear one attribute.
    assertThat(attributes.of(120)).isEqualTo(MemoryAttributes.PRIVATE);
    assertThat(attributes.of(130)).isEqualTo(MemoryAttributes.USERFAULT);
  }

  @Test
  void aSparseMapHoldsWhatAHashMapHoldsAndGivesEmptyNodesBack() {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    SparseMap sparse = new SparseMap();
    java.util.Map<Long, Long> expected = new java.util.HashMap<>();
    for (int i = 0; i < 20_000; i++) {
      long page = random.nextLong(1L << random.nextInt(1, 40));
      long value = random.nextInt(3);
      sparse.set(page, value);
      if (value == 0) {
        expected.remove(page);
      } else {
        expected.put(page, value);
      }
      long probe = random.nextLong(1L << 40);
      assertThat(sparse.get(probe)).as("seed %d", seed).isEqualTo(expected.getOrDefault(probe, 0L));
    }
    expected.forEach((page, value) -> assertThat(sparse.get(page)).isEqualTo(value));
    for (long page : expected.keySet().stream().toList()) {
      sparse.set(page, 0);
    }
    assertThat(sparse.nodes()).as("seed %d", seed).isZero();
    assertThat(sparse.get(0)).isZero();
  }
}
