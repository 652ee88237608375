package io.pageferry.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DataSizeTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "512, 512",
    "512B, 512",
    "64KiB, 65536",
    "256MiB, 268435456",
    "4GiB, 4294967296",
    "' 4 GiB ', 4294967296",
    "1.5GiB, 1610612736",
    "2TiB, 2199023255552",
    "1kB, 1000",
    "1KB, 1000",
    "5MB, 5000000",
    "3GB, 3000000000",
    "1TB, 1000000000000",
    "9223372036854775807, 9223372036854775807"
  })
  void readsBinaryAndDecimalUnits(String text, long bytes) {
    assertThat(DataSize.parse(text)).isEqualTo(new DataSize(bytes));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "MiB",
        "-1",
        "4G",
        "4gib",
        "1e3",
        "0x10",
        "4 GiB more",
        "0.3B",
        "1.00000000001GiB",
        "9223372036854775808",
        "8388608TiB",
        "99999999999999999999"
      })
  void refusesAnythingElseInOneSentence(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DataSize.parse(text))
        .withMessageStartingWith("'" + text + "' is not a size; write bytes, or a number with KiB");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0B",
    "512, 512B",
    "4096, 4KiB",
    "1000000, 976.6KiB",
    "268435456, 256MiB",
    "1610612736, 1536MiB",
    "4294967296, 4GiB",
    "23456789012, 21.8GiB",
    "2199023255552, 2TiB"
  })
  void printsTheLargestUnitThatSaysIt(long bytes, String text) {
    assertThat(DataSize.ofBytes(bytes)).hasToString(text);
  }

  @Test
  void readsItsOwnNotationOfWholeUnits() {
    for (int power = 0; power <= 62; power++) {
      DataSize size = DataSize.ofBytes(1L << power);
      assertThat(DataSize.parse(size.toString())).isEqualTo(size);
    }
  }

  @Test
  void isNeverNegative() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DataSize.ofBytes(-1))
        .withMessage("A size cannot be negative; it is -1 bytes.");
  }

  @Test
  void comparesByAmount() {
    assertThat(DataSize.parse("1MiB")).isGreaterThan(DataSize.parse("1MB"));
    assertThat(DataSize.ofMebibytes(2)).isEqualByComparingTo(DataSize.parse("2048KiB"));
  }
}
