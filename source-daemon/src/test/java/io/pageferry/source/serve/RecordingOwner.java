package io.pageferry.source.serve;

import java.util.ArrayList;
import java.util.List;

/** Remembers what a session tells its owner. */
final class RecordingOwner implements Session.Owner {
  final List<String> losses = new ArrayList<>();
  int delivered;

  @Override
  public void laneLost(String why) {
    losses.add(why);
  }

  @Override
  public void delivered() {
    delivered++;
  }
}
