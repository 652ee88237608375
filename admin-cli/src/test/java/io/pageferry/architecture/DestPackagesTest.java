package io.pageferry.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import io.pageferry.memory.UserfaultBitmap;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The packages that a page passes through at the destination. */
class DestPackagesTest {
  private static final String DEST = "io.pageferry.dest";

  /** Each knows only those before it. */
  private static final List<String> ORDER =
      List.of(
          "prefetch",
          "timing",
          "fault",
          "install",
          "handover",
          "guardian",
          "target",
          "link",
          "pager");

  @Test
  void eachPackageOfTheDestinationKnowsOnlyThoseBeforeIt() {
    for (int at = 0; at < ORDER.size(); at++) {
      String[] later =
          ORDER.subList(at + 1, ORDER.size()).stream()
              .map(name -> DEST + "." + name)
              .toArray(String[]::new);
      String[] forbidden = new String[later.length + 1];
      System.arraycopy(later, 0, forbidden, 0, later.length);
      forbidden[later.length] = DEST;
      noClasses()
          .that()
          .resideInAPackage(DEST + "." + ORDER.get(at))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(forbidden)
          .because("the order is " + ORDER + ", and the daemon that wires them stands above")
          .check(Code.CLASSES);
    }
  }

  @Test
  void whetherAPageIsHereIsKnownWithoutTransportOrMigration() {
    classes()
        .that()
        .resideInAPackage("io.pageferry.fault..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "io.pageferry.fault..",
            "io.pageferry.memory..",
            "io.pageferry.userfaultfd..",
            "java..",
            "org.jspecify..")
        .because("page states and mechanisms are the same whatever brings the pages")
        .check(Code.CLASSES);
  }

  @Test
  void theDestinationKnowsOfTrapsAndNotOfTheirMechanism() {
    noClasses()
        .that()
        .resideInAPackage(DEST + "..")
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(UserfaultBitmap.class)
        .because("another mechanism takes the place of the bitmap without a change there")
        .check(Code.CLASSES);
  }
}
