package io.pageferry.dest.handover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegionListTest {
  private static String region(long address, long size, long offset) {
    return "{\"base_host_virt_addr\":%d,\"size\":%d,\"offset\":%d,\"page_size\":4096}"
        .formatted(address, size, offset);
  }

  @Test
  void theListOfPresentVersionsIsRead() {
    assertThat(
            RegionList.parse(
                """
                [{"base_host_virt_addr": 140000000000000, "size": 8192, "offset": 4096,
                  "page_size": 4096, "page_size_kib": 4096},
                 {"base_host_virt_addr": 4096, "size": 4096, "offset": 0, "page_size": 4096}]
                """))
        .containsExactly(new Region(140000000000000L, 8192, 4096), new Region(4096, 4096, 0));
  }

  @Test
  void theListOfOldVersionsIsRead() {
    assertThat(
            RegionList.parse(
                "[{\"base_host_virt_addr\":4096,\"size\":4096,\"offset\":0,\"page_size_kib\":4096}]"))
        .containsExactly(new Region(4096, 4096, 0));
  }

  @Test
  void membersOfLaterVersionsAreIgnored() {
    String list = "[" + region(4096, 4096, 0).replace("}", ",\"name\":\"ram\",\"more\":7}") + "]";
    assertThat(RegionList.parse(list)).containsExactly(new Region(4096, 4096, 0));
  }

  @Test
  void regionsMayNotOverlapInMemoryOrInTheImage() {
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            RegionList.parse("[" + region(4096, 8192, 0) + "," + region(8192, 4096, 8192) + "]"))
        .withMessageContaining("in memory");
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            RegionList.parse("[" + region(4096, 8192, 0) + "," + region(65536, 4096, 4096) + "]"))
        .withMessageContaining("in the image");
  }

  @Test
  void tenThousandRegionsAreTooMany() {
    String list =
        IntStream.range(0, 10_000)
            .mapToObj(i -> region(4096L * (i + 1), 4096, 4096L * i))
            .collect(Collectors.joining(",", "[", "]"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RegionList.parse(list))
        .withMessageContaining("more than 1024");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{}",
        "[{}]",
        "[{\"size\":4096}]",
        "[[[[[[",
        "[{\"base_host_virt_addr\":1e9}]",
        "[{\"base_host_virt_addr\":-4096}]",
        "[{\"size\":99999999999999999999}]",
        "[{\"size\":1,\"size\":2}]",
        "[{\"a\\\"b\":1}]",
        "[{\"a\":1}",
        "nonsense"
      })
  void whatIsNoListOfRegionsIsRefused(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> RegionList.parse(text));
  }

  @Test
  void numbersThatAreNotThoseOfWholePagesAreRefused() {
    for (String wrong :
        new String[] {
          region(4097, 4096, 0),
          region(4096, 4095, 0),
          region(4096, 4096, 1),
          region(4096, 0, 0),
          region(0, 4096, 0),
          region(1L << 56, 4096, 0),
          region(4096, 4096, Long.MAX_VALUE - 4095)
        }) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> RegionList.parse("[" + wrong + "]"))
          .withMessageContaining("region");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            RegionList.parse("[" + region(4096, 4096, 0).replace(":4096}", ":2097152}") + "]"))
        .withMessageContaining("page size");
  }

  @Test
  void aMessageIsWholeWithItsLastBracket() {
    assertThat(RegionList.isWhole("[{\"a\":1},{")).isFalse();
    assertThat(RegionList.isWhole("[{\"a\":1}]")).isTrue();
    assertThat(RegionList.isWhole("  ")).isFalse();
    assertThat(RegionList.isWhole("x")).isTrue();
  }
}
