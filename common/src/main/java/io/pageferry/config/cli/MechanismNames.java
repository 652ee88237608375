package io.pageferry.config.cli;

import io.pageferry.fault.mechanism.MechanismKind;
import java.util.Iterator;

/** The names of all fault mechanisms, for the help of options. */
public final class MechanismNames implements Iterable<String> {
  @Override
  public Iterator<String> iterator() {
    return MechanismKind.names().iterator();
  }
}
