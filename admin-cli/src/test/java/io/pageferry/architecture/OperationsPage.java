package io.pageferry.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** {@code docs/operations.md} as a reader sees it. Stateless. */
public final class OperationsPage {
  private OperationsPage() {}

  private static List<String> lines() throws IOException {
    return Files.readAllLines(Code.repository().resolve("docs").resolve("operations.md"));
  }

  /** Cells of the rows of the tables under a heading, up to the next one, without the head. */
  public static Stream<List<String>> rows(String heading) throws IOException {
    List<String> lines = lines();
    int start = lines.indexOf(heading);
    assertThat(start).as("the heading %s", heading).isNotNegative();
    return lines.subList(start + 1, lines.size()).stream()
        .takeWhile(line -> !line.startsWith("## ") && !line.startsWith("### "))
        .filter(line -> line.startsWith("| `") || line.matches("\\| \\d.*"))
        .map(line -> Arrays.stream(line.split("\\|", -1)).skip(1).map(String::strip).toList());
  }

  /** Headings of a level, such as {@code ###}, in their order. */
  public static List<String> headings(String level) throws IOException {
    return lines().stream()
        .filter(line -> line.startsWith(level + " "))
        .map(line -> line.substring(level.length() + 1))
        .toList();
  }

  /** A cell without its code marks. */
  public static String bare(String cell) {
    return cell.replace("`", "");
  }
}
