package io.pageferry.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import io.grpc.BindableService;
import org.junit.jupiter.api.Test;

/** Which package may know which. */
class DependencyRulesTest {
  private static final String CONFIG_CLI = "io.pageferry.config.cli..";
  private static final String DAEMON = "io.pageferry.daemon..";
  private static final String SOURCE = "io.pageferry.source..";
  private static final String DESTINATION = "io.pageferry.dest..";
  private static final String NODE = "io.pageferry.node..";
  private static final String CLI = "io.pageferry.cli..";
  private static final String CLIENT = "io.pageferry.client..";
  private static final String RPC = "io.pageferry.rpc..";
  private static final String WIRE = "io.pageferry.wire..";
  private static final String TELEMETRY = "io.pageferry.telemetry..";

  @Test
  void memoryKnowsNothingButTheJdk() {
    classes()
        .that()
        .resideInAPackage("io.pageferry.memory..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("io.pageferry.memory..", "java..", "org.jspecify..")
        .because("memory stands below everything, and no library shall decide how it is laid out")
        .check(Code.CLASSES);
  }

  @Test
  void whatTheHostGivesIsAskedOfTheJdkAlone() {
    classes()
        .that()
        .resideInAPackage("io.pageferry.host..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("io.pageferry.host..", "java..", "org.jspecify..")
        .because("threads and ends are the same for every part of a daemon")
        .check(Code.CLASSES);
  }

  @Test
  void theGuestKnowsMemoryAndNothingOfNetworksOrMigration() {
    classes()
        .that()
        .resideInAPackage("io.pageferry.guest..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "io.pageferry.guest..",
            "io.pageferry.memory..",
            "io.pageferry.text..",
            "java..",
            "org.jspecify..",
            "org.slf4j..")
        .because("a machine is the same whether or not it is ever moved")
        .check(Code.CLASSES);
  }

  @Test
  void theVocabularyOfMigrationKnowsNoTransport() {
    noClasses()
        .that()
        .resideInAPackage("io.pageferry.migration..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.grpc..", "io.netty..", "com.google.protobuf..", RPC, WIRE)
        .because("phases, fences and errors mean the same over any wire")
        .check(Code.CLASSES);
  }

  @Test
  void sourceAndDestinationDoNotKnowEachOther() {
    noClasses()
        .that()
        .resideInAPackage(SOURCE)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(DESTINATION)
        .because("they meet on the wire only, and each can be replaced")
        .allowEmptyShould(true)
        .check(Code.CLASSES);
    noClasses()
        .that()
        .resideInAPackage(DESTINATION)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(SOURCE)
        .because("they meet on the wire only, and each can be replaced")
        .allowEmptyShould(true)
        .check(Code.CLASSES);
  }

  @Test
  void whatBothDaemonsShareKnowsNeither() {
    noClasses()
        .that()
        .resideInAPackage(DAEMON)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(SOURCE, DESTINATION, NODE, CLIENT, CLI)
        .because("shared code that knows its users is not shared")
        .allowEmptyShould(true)
        .check(Code.CLASSES);
  }

  @Test
  void theCommandLineKnowsDaemonsByTheirServiceOnly() {
    noClasses()
        .that()
        .resideInAnyPackage(CLIENT, CLI)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(SOURCE, DESTINATION, DAEMON, NODE, "io.pageferry.guest..")
        .because("whatever ferry can do, any gRPC client can do")
        .allowEmptyShould(true)
        .check(Code.CLASSES);
  }

  @Test
  void theClientKnowsNoCommandLine() {
    noClasses()
        .that()
        .resideInAPackage(CLIENT)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(CLI, "picocli..")
        .because("other programs than ferry ask daemons too")
        .check(Code.CLASSES);
  }

  @Test
  void commonCodeKnowsNoProgram() {
    noClasses()
        .that()
        .resideOutsideOfPackages(SOURCE, DESTINATION, NODE, CLIENT, CLI)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(SOURCE, DESTINATION, NODE, CLIENT, CLI)
        .because("dependencies point inward")
        .check(Code.CLASSES);
  }

  @Test
  void commandLineParsingStaysAtTheEdge() {
    noClasses()
        .that()
        .resideOutsideOfPackages(CONFIG_CLI, NODE, CLI)
        .should()
        .dependOnClassesThat()
        .resideInAPackage("picocli..")
        .because("values and configuration files mean the same without a command line")
        .check(Code.CLASSES);
  }

  @Test
  void metersStayInTelemetryAndTheDaemons() {
    noClasses()
        .that()
        .resideOutsideOfPackages(TELEMETRY, DAEMON, NODE)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.micrometer..", "io.prometheus..")
        .because("what is measured keeps plain counters, and one class turns them into meters")
        .check(Code.CLASSES);
  }

  @Test
  void nettyStaysInThePlumbing() {
    noClasses()
        .that()
        .resideOutsideOfPackages(RPC, WIRE, SOURCE, DESTINATION)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.netty..", "io.grpc.netty..")
        .because("only what carries pages needs to know what carries it")
        .check(Code.CLASSES);
  }

  @Test
  void grpcServicesAreNamedSoAndLiveInTheDaemons() {
    classes()
        .that()
        .implement(BindableService.class)
        .should()
        .haveSimpleNameEndingWith("Service")
        .andShould()
        .resideInAnyPackage(DAEMON, SOURCE, DESTINATION)
        .because("a reader looks for the edge of a daemon by that name")
        .allowEmptyShould(true)
        .check(Code.CLASSES);
  }
}
