package io.pageferry.guest.state;

/**
 * The bytes are not the state of a machine that this program can restore. The message is a sentence
 * for people.
 */
public final class MalformedStateException extends IllegalArgumentException {
  /** The complaint goes on after "The machine state is malformed: ". */
  public MalformedStateException(String complaint) {
    super(sentence(complaint));
  }

  /** As the other, with what was noticed first. */
  public MalformedStateException(String complaint, Throwable cause) {
    super(sentence(complaint), cause);
  }

  private static String sentence(String complaint) {
    return "The machine state is malformed: " + complaint + ".";
  }

  /**
   * Checks something that came with the state.
   *
   * @throws MalformedStateException with the complaint, unless it holds
   */
  public static void require(boolean holds, String complaint) {
    if (!holds) {
      throw new MalformedStateException(complaint);
    }
  }
}
