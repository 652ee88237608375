package io.pageferry.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** A reader follows one page through few files and does not turn back. */
class JourneyTest {
  private static final int MOST_FILES = 15;
  private static final Pattern STEP =
      Pattern.compile("\\d+\\. \\[`(\\w+)`]\\(\\.\\./(\\S+\\.java)\\): .+\\.");

  @Test
  void aPagesJourneyIsToldInFewFilesEachOnceWithOneSentence() throws IOException {
    List<String> steps =
        Files.readAllLines(Code.repository().resolve("docs").resolve("design.md")).stream()
            .dropWhile(line -> !line.equals("## One page's journey"))
            .skip(1)
            .takeWhile(line -> !line.startsWith("## "))
            .filter(line -> line.matches("\\d+\\. .*"))
            .toList();
    assertThat(steps).hasSizeBetween(5, MOST_FILES);
    List<Matcher> matchers = steps.stream().map(STEP::matcher).toList();
    assertThat(matchers).allMatch(Matcher::matches);
    assertThat(matchers.stream().map(step -> step.group(2)))
        .doesNotHaveDuplicates()
        .allMatch(file -> Files.isRegularFile(Code.repository().resolve(file)));
    assertThat(matchers).allMatch(step -> step.group(2).endsWith("/" + step.group(1) + ".java"));
  }
}
