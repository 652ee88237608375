package io.pageferry.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostMemoryTest {
  private static final long MIB = 1 << 20;

  @TempDir private Path root;

  @BeforeEach
  void hostWithAGibibyteAvailable() throws IOException {
    write("proc/meminfo", "MemTotal: 2097152 kB\nMemFree: 1 kB\nMemAvailable: 1048576 kB\n");
    write("proc/self/cgroup", "0::/\n");
  }

  private void write(String path, String text) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.resolveSibling("."));
    Files.writeString(file, text);
  }

  private void version2(String group, String maximum, long current) throws IOException {
    write("sys/fs/cgroup" + group + "/memory.max", maximum + "\n");
    write("sys/fs/cgroup" + group + "/memory.current", current + "\n");
  }

  private void version1(String group, long limit, long usage) throws IOException {
    write("sys/fs/cgroup/memory" + group + "/memory.limit_in_bytes", limit + "\n");
    write("sys/fs/cgroup/memory" + group + "/memory.usage_in_bytes", usage + "\n");
  }

  private long available() {
    return HostMemory.under(root).availableBytes();
  }

  @Test
  void isTheKernelsEstimateWithoutCgroupLimits() {
    assertThat(available()).isEqualTo(1024 * MIB);
    assertThat(HostMemory.under(root).physicalBytes()).isEqualTo(2048 * MIB);
  }

  @Test
  void isBoundedByTheTightestVersion2GroupUpToTheRoot() throws IOException {
    write("proc/self/cgroup", "0::/machine/ferry\n");
    version2("/machine/ferry", "max", 10 * MIB);
    version2("/machine", Long.toString(500 * MIB), 200 * MIB);

    assertThat(available()).isEqualTo(300 * MIB);
  }

  @Test
  void countsCacheThatTheKernelDropsFirstAsRoom() throws IOException {
    version2("", Long.toString(500 * MIB), 400 * MIB);
    write("sys/fs/cgroup/memory.stat", "file 99\ninactive_file " + 50 * MIB + "\n");

    assertThat(available()).isEqualTo(150 * MIB);
  }

  @Test
  void isBoundedByVersion1Groups() throws IOException {
    write("proc/self/cgroup", "5:cpu,cpuacct:/\n4:memory:/a/b\n0::/\n");
    version1("", 9223372036854771712L, 5 * MIB);
    version1("/a", 90 * MIB, 20 * MIB);
    version1("/a/b", 80 * MIB, 5 * MIB);
    write("sys/fs/cgroup/memory/a/memory.stat", "total_inactive_file " + MIB + "\n");

    assertThat(available()).isEqualTo(71 * MIB);
  }

  @Test
  void findsTheGroupOfAContainerWhosePathIsTheHosts() throws IOException {
    write("proc/self/cgroup", "4:memory:/docker/0123\n");
    version1("", 64 * MIB, 4 * MIB);

    assertThat(available()).isEqualTo(60 * MIB);
  }

  @Test
  void readsVersion2LimitsOfAHybridHostBesideVersion1() throws IOException {
    write("proc/self/cgroup", "4:memory:/\n0::/x\n");
    version1("", 900 * MIB, 0);
    version2("/unified/x", Long.toString(30 * MIB), 0);

    assertThat(available()).isEqualTo(30 * MIB);
  }

  @Test
  void namesTheLimitThatBindsAndNoneWhereItIsTheHost() throws IOException {
    assertThat(HostMemory.under(root).room().limitBytes()).isEmpty();

    write("proc/self/cgroup", "0::/machine/ferry\n");
    version2("/machine/ferry", Long.toString(700 * MIB), 100 * MIB);
    version2("/machine", Long.toString(500 * MIB), 200 * MIB);

    assertThat(HostMemory.under(root).room().limitBytes()).hasValue(500 * MIB);

    version2("/machine", Long.toString(5000 * MIB), 200 * MIB);
    version2("/machine/ferry", "max", 100 * MIB);

    assertThat(HostMemory.under(root).room().limitBytes()).isEmpty();
  }

  @Test
  void isNeverNegative() throws IOException {
    version2("", "0", 400 * MIB);

    assertThat(available()).isZero();
  }

  @Test
  void saysWhatIsMissingOnAStrangeHost() throws IOException {
    write("proc/meminfo", "MemTotal: 2097152 kB\n");

    assertThatIllegalStateException()
        .isThrownBy(this::available)
        .withMessageContaining("has no MemAvailable");
  }

  @Test
  void readsThisHost() {
    HostMemory host = HostMemory.ofThisHost();
    assertThat(host.availableBytes()).isBetween(1L, host.physicalBytes());
  }
}
