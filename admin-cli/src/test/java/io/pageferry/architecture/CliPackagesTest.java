package io.pageferry.architecture;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Which package of the command line may know which, and how large they may grow. */
class CliPackagesTest {
  private static final String ALL = "io.pageferry.cli";
  private static final int MOST_CLASSES = 15;

  /** Each package a slice of its own, also the one above the others. */
  private static final SliceAssignment BY_PACKAGE =
      new SliceAssignment() {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass javaClass) {
          return javaClass.getPackageName().startsWith(ALL)
              ? SliceIdentifier.of(javaClass.getPackageName())
              : SliceIdentifier.ignore();
        }

        @Override
        public String getDescription() {
          return "packages of the command line";
        }
      };

  @Test
  void packagesFormNoCycles() {
    slices().assignedFrom(BY_PACKAGE).should().beFreeOfCycles().check(Code.CLASSES);
  }

  @Test
  void noPackageHasMoreThanFifteenClasses() {
    Map<String, Long> counts =
        Code.CLASSES.stream()
            .filter(javaClass -> javaClass.getPackageName().startsWith(ALL))
            .filter(JavaClass::isTopLevelClass)
            .filter(javaClass -> !javaClass.getSimpleName().equals("package-info"))
            .collect(
                Collectors.groupingBy(
                    JavaClass::getPackageName, TreeMap::new, Collectors.counting()));
    assertThat(counts)
        .hasSizeGreaterThan(5)
        .allSatisfy((name, count) -> assertThat(count).as(name).isLessThanOrEqualTo(MOST_CLASSES));
  }
}
