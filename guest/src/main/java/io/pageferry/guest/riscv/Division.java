package io.pageferry.guest.riscv;

/**
 * The M extension's slower half: high products, divisions, remainders. None of them traps; division
 * by zero and overflow have the results that the specification defines. Stateless; any thread.
 */
final class Division {
  private static final int WORD = 8;

  private Division() {}

  /** What {@link #apply} takes to do {@code funct3} of the M extension, on words or not. */
  static int selector(int funct3, boolean word) {
    return word ? funct3 | WORD : funct3;
  }

  static long apply(int selector, long a, long b) {
    return switch (selector) {
      case 1 -> Math.multiplyHigh(a, b);
      case 2 -> Math.multiplyHigh(a, b) + (b >> 63 & a);
      case 3 -> Math.unsignedMultiplyHigh(a, b);
      case 4 -> b == 0 ? -1 : a / b;
      case 5 -> b == 0 ? -1 : Long.divideUnsigned(a, b);
      case 6 -> b == 0 ? a : a % b;
      case 7 -> b == 0 ? a : Long.remainderUnsigned(a, b);
      case WORD | 4 -> (int) b == 0 ? -1 : (int) a / (int) b;
      case WORD | 5 -> (int) b == 0 ? -1 : Integer.divideUnsigned((int) a, (int) b);
      case WORD | 6 -> (int) b == 0 ? (int) a : (int) a % (int) b;
      case WORD | 7 -> (int) b == 0 ? (int) a : Integer.remainderUnsigned((int) a, (int) b);
      default -> throw new IllegalArgumentException("There is no division " + selector + ".");
    };
  }
}
