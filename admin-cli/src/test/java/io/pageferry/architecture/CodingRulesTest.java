package io.pageferry.architecture;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.GeneralCodingRules.USE_JAVA_UTIL_LOGGING;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaPackage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Linker;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** What no code of the project does, wherever it is. */
class CodingRulesTest {
  private static final String CLI = "io.pageferry.cli..";
  private static final String CLIENT = "io.pageferry.client..";
  private static final int MAXIMUM_LINES = 400;

  /** One loop, in one method, which is what makes it fast; it says so itself. */
  private static final String INTERPRETER = "Interpreter.java";

  private static final Set<String> SOURCES = Set.of("java", "c", "h", "S", "proto");

  @Test
  void everyPackageIsNullMarked() {
    Set<String> unmarked =
        Code.CLASSES.stream()
            .map(JavaClass::getPackage)
            .distinct()
            .filter(javaPackage -> !javaPackage.isAnnotatedWith(NullMarked.class))
            .map(JavaPackage::getName)
            .collect(Collectors.toSet());
    assertThat(unmarked).as("packages without @NullMarked in package-info.java").isEmpty();
  }

  @Test
  void noSourceFileIsLongerThanFourHundredLines() throws IOException {
    try (Stream<Path> files = Files.walk(Code.repository())) {
      List<String> tooLong =
          files
              .filter(CodingRulesTest::isSource)
              .filter(file -> lines(file) > MAXIMUM_LINES)
              .map(Path::toString)
              .toList();
      assertThat(tooLong).as("source files of more than %d lines", MAXIMUM_LINES).isEmpty();
    }
  }

  private static boolean isSource(Path file) {
    String fileName = file.getFileName().toString();
    for (Path part : Code.repository().relativize(file)) {
      if (part.toString().equals("target") || part.toString().startsWith(".")) {
        return false;
      }
    }
    return !fileName.equals(INTERPRETER)
        && SOURCES.contains(fileName.substring(fileName.lastIndexOf('.') + 1))
        && Files.isRegularFile(file);
  }

  private static long lines(Path file) {
    try (Stream<String> lines = Files.lines(file)) {
      return lines.count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void onlyTheCommandLineWritesToStandardStreams() {
    noClasses()
        .that()
        .resideOutsideOfPackage(CLI)
        .should(ACCESS_STANDARD_STREAMS)
        .because("a daemon logs")
        .check(Code.CLASSES);
  }

  @Test
  void loggingGoesThroughSlf4j() {
    noClasses().should(USE_JAVA_UTIL_LOGGING).check(Code.CLASSES);
  }

  @Test
  void onlyClientsSleepBetweenLooks() {
    noClasses()
        .that()
        .resideOutsideOfPackages(CLI, CLIENT)
        .should()
        .callMethodWhere(target(owner(assignableTo(Thread.class))).and(target(name("sleep"))))
        .because("whoever waits in a daemon waits for something, and is told when it has come")
        .check(Code.CLASSES);
  }

  @Test
  void nobodyUsesUnsafeOrTheJdksInternals() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("sun..", "jdk.internal..")
        .because("java.lang.foreign and VarHandle do the same with checks")
        .check(Code.CLASSES);
  }

  @Test
  void nativeCodeIsCalledForMemoryUnixSocketsTimeSlicesAndTheStandardStreamsOnly() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("io.pageferry.memory.LinuxMemory")
        .and()
        .doNotHaveFullyQualifiedName("io.pageferry.memory.BackingFile")
        .and()
        .doNotHaveFullyQualifiedName("io.pageferry.memory.ImageFile")
        .and()
        .resideOutsideOfPackages("io.pageferry.userfaultfd", "io.pageferry.unixsocket")
        .and()
        .doNotHaveFullyQualifiedName("io.pageferry.host.ThreadSlice")
        .and()
        .doNotHaveFullyQualifiedName("io.pageferry.cli.output.Terminal")
        .and()
        .doNotHaveFullyQualifiedName("io.pageferry.cli.output.StandardOutput")
        .should()
        .dependOnClassesThat()
        .areAssignableTo(Linker.class)
        .because("a wrong descriptor crashes the process, so nobody else has one")
        .check(Code.CLASSES);
  }

  @Test
  void onlyAMainClassEndsTheProcess() {
    noClasses()
        .that(
            DescribedPredicate.describe(
                "have no main method",
                javaClass ->
                    javaClass.getMethods().stream().noneMatch(m -> m.getName().equals("main"))))
        .should()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "halt", int.class)
        .because("a daemon is closed, not shot")
        .check(Code.CLASSES);
  }
}
