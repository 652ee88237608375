package io.pageferry.cli.guest;

import static io.pageferry.cli.FerryRun.ferry;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.pageferry.cli.FerryRun;
import io.pageferry.config.HostPort;
import io.pageferry.proto.v1.AdminServiceGrpc;
import io.pageferry.proto.v1.GetVersionRequest;
import io.pageferry.proto.v1.GetVersionResponse;
import io.pageferry.proto.v1.ListGuestsRequest;
import io.pageferry.proto.v1.ListGuestsResponse;
import io.pageferry.proto.v1.ReadConsoleRequest;
import io.pageferry.proto.v1.ReadConsoleResponse;
import io.pageferry.proto.v1.Role;
import io.pageferry.rpc.RpcServer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a guest writes comes in messages that end anywhere, within a character too. */
class ConsoleCharactersTest {
  private static final String TEXT = "ü 渡し船 🛶.";

  /** A source whose guest has written some bytes, sent one by one from an offset on. */
  private static final class OneByOne extends AdminServiceGrpc.AdminServiceImplBase {
    private final byte[] written;
    private final int first;

    OneByOne(byte[] written, int first) {
      this.written = written;
      this.first = first;
    }

    @Override
    public void getVersion(GetVersionRequest request, StreamObserver<GetVersionResponse> observer) {
      observer.onNext(GetVersionResponse.newBuilder().setRole(Role.ROLE_SOURCE).build());
      observer.onCompleted();
    }

    @Override
    public void listGuests(ListGuestsRequest request, StreamObserver<ListGuestsResponse> observer) {
      observer.onNext(ListGuestsResponse.newBuilder().setRole(Role.ROLE_SOURCE).build());
      observer.onCompleted();
    }

    @Override
    public void readConsole(
        ReadConsoleRequest request, StreamObserver<ReadConsoleResponse> observer) {
      for (int i = first; i < written.length; i++) {
        observer.onNext(
            ReadConsoleResponse.newBuilder()
                .setOffset(i)
                .setData(ByteString.copyFrom(written, i, 1))
                .build());
      }
      observer.onCompleted();
    }
  }

  private RpcServer server =
      new RpcServer(new HostPort("127.0.0.1", 0).toSocketAddress(), List.of(), List.of());

  private FerryRun console(byte[] written, int first, String... options) {
    server =
        new RpcServer(
            new HostPort("127.0.0.1", 0).toSocketAddress(),
            List.of(new OneByOne(written, first)),
            List.of());
    server.start();
    String[] line = {"guest", "console", "--source", "127.0.0.1:" + server.port()};
    String[] all = java.util.Arrays.copyOf(line, line.length + options.length);
    System.arraycopy(options, 0, all, line.length, options.length);
    return ferry(all);
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void charactersThatAreSplitBetweenMessagesStayWhole() {
    assertThat(console(TEXT.getBytes(UTF_8), 0, "--follow").succeeded()).isEqualTo(TEXT);
  }

  @Test
  void anObjectOfJsonHoldsWholeCharactersAndSaysWhereTheyBegin() {
    assertThat(console("aü\u009b".getBytes(UTF_8), 0, "--output", "json").succeeded().lines())
        .containsExactly(
            "{\"offset\":0,\"text\":\"a\"}",
            "{\"offset\":1,\"text\":\"ü\"}",
            "{\"offset\":3,\"text\":\"\\u009b\"}");
  }

  @Test
  void aCharacterWhoseStartOrEndIsMissingIsReplaced() {
    assertThat(console("ü.".getBytes(UTF_8), 1).succeeded()).isEqualTo("\ufffd.");
    server.close();
    assertThat(console(new byte[] {'a', (byte) 0xe6, (byte) 0xb8}, 0).succeeded())
        .isEqualTo("a\ufffd");
  }
}
