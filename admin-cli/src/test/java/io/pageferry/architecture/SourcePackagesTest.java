package io.pageferry.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import org.junit.jupiter.api.Test;

/** What the packages of the source's role know of each other: each only those above it here. */
class SourcePackagesTest {
  private static final String IMAGE = "io.pageferry.source.image";
  private static final String SERVE = "io.pageferry.source.serve";
  private static final String HANDOVER = "io.pageferry.source.handover";
  private static final String ROLE = "io.pageferry.source";

  @Test
  void theImageKnowsNeitherLanesNorMigrations() {
    noClasses()
        .that()
        .resideInAPackage(IMAGE)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(SERVE, HANDOVER, ROLE, "io.grpc..", "io.pageferry.daemon..")
        .because("one frozen guest may go to several receivers, by whatever way")
        .check(Code.CLASSES);
  }

  @Test
  void lanesKnowPagesAndNoMigration() {
    noClasses()
        .that()
        .resideInAPackage(SERVE)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(HANDOVER, ROLE, "io.pageferry.guest..", "io.pageferry.daemon..")
        .because("a migration outlives its connections")
        .check(Code.CLASSES);
  }

  @Test
  void aMigrationKnowsNothingOfTheDaemonsOtherGuests() {
    noClasses()
        .that()
        .resideInAPackage(HANDOVER)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ROLE)
        .because("a daemon has many migrations, and each is an object of its own")
        .check(Code.CLASSES);
  }
}
