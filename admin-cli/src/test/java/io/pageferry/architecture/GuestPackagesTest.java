package io.pageferry.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Which package of the emulated machine may know which. */
class GuestPackagesTest {
  private static final String ALL = "io.pageferry.guest..";
  private static final String API = "io.pageferry.guest";
  private static final String STATE = "io.pageferry.guest.state..";
  private static final String DEVICE = "io.pageferry.guest.device..";
  private static final String RISCV = "io.pageferry.guest.riscv..";
  private static final String SYNTHETIC = "io.pageferry.guest.synthetic..";
  private static final String PROGRAM = "io.pageferry.guest.program..";
  private static final String MACHINE = "io.pageferry.guest.machine..";
  private static final int MOST_LINES = 400;

  /** The interpreter is one loop with a case for each operation; its Javadoc says why. */
  @Test
  void noFileButTheInterpreterHasMoreThanFourHundredLines() throws IOException {
    Path sources = Code.repository().resolve("guest/src/main/java");
    try (Stream<Path> files = Files.walk(sources)) {
      assertThat(files.filter(file -> file.toString().endsWith(".java")))
          .isNotEmpty()
          .filteredOn(file -> !file.endsWith("Interpreter.java"))
          .allSatisfy(
              file -> assertThat(Files.readAllLines(file)).hasSizeLessThanOrEqualTo(MOST_LINES));
    }
  }

  @Test
  void theStateKnowsNoPartOfAMachine() {
    noClasses()
        .that()
        .resideInAPackage(STATE)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            API, DEVICE, RISCV, SYNTHETIC, PROGRAM, MACHINE, "io.pageferry.memory..")
        .because("each part writes and reads its own section")
        .check(Code.CLASSES);
  }

  @Test
  void devicesKnowNoVcpuAndReachNoMemoryByThemselves() {
    noClasses()
        .that()
        .resideInAPackage(DEVICE)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(RISCV, SYNTHETIC, PROGRAM, MACHINE, "io.pageferry.memory..")
        .because(
            "an access by a device is not an access by a vCPU: it cannot fault and be repeated")
        .check(Code.CLASSES);
  }

  @Test
  void devicesLiveWithTheBus() {
    classes()
        .that()
        .implement("io.pageferry.guest.device.Device")
        .should()
        .resideInAPackage(DEVICE)
        .because("whoever adds a device looks there for the others")
        .check(Code.CLASSES);
  }

  @Test
  void syntheticVcpusAndHartsDoNotKnowEachOther() {
    noClasses()
        .that()
        .resideInAPackage(SYNTHETIC)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(RISCV, DEVICE, PROGRAM, MACHINE)
        .because("a vCPU without instructions has neither registers nor devices")
        .check(Code.CLASSES);
    noClasses()
        .that()
        .resideInAPackage(RISCV)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(SYNTHETIC, PROGRAM, MACHINE)
        .because("a hart is a part of a machine, whatever the machine runs")
        .check(Code.CLASSES);
  }

  @Test
  void programsAreLoadedWithoutAMachine() {
    noClasses()
        .that()
        .resideInAPackage(PROGRAM)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(STATE, DEVICE, RISCV, SYNTHETIC, MACHINE)
        .because("a program is bytes in memory")
        .check(Code.CLASSES);
  }

  @Test
  void everybodyElseSeesMachinesAndProgramsButNotTheirParts() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ALL)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(STATE, DEVICE, RISCV, SYNTHETIC)
        .because("a daemon hosts guests of any kind")
        .check(Code.CLASSES);
  }
}
