package io.pageferry.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.pageferry.migration.ErrorCode;
import io.pageferry.migration.PageFerryException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ErrorStatusTest {
  @Test
  void everyCodeTravelsWithItsSentenceAndComesBack() {
    for (ErrorCode code : ErrorCode.values()) {
      var sent = ErrorStatus.toStatusException(new PageFerryException(code, "What happened."));
      assertThat(ErrorStatus.fromPeer(sent))
          .hasValueSatisfying(error -> {
            assertThat(error.code()).isEqualTo(code);
            assertThat(error).hasMessage("What happened.");
          });
      assertThat(sent.getStatus().getCode()).isNotEqualTo(Status.Code.OK);
    }
  }

  @Test
  void theProtocolHasTheSameCodes() {
    assertThat(
            Arrays.stream(io.pageferry.proto.v1.ErrorCode.values())
                .map(Enum::name)
                .filter(name -> !name.equals("UNRECOGNIZED") && !name.endsWith("UNSPECIFIED")))
        .containsExactlyElementsOf(
            Arrays.stream(ErrorCode.values()).map(code -> "ERROR_CODE_" + code.name()).toList());
  }

  @Test
  void anIllegalArgumentIsTheCallersFaultAndAnythingElseIsOurs() {
    assertThat(ErrorStatus.toStatus(new IllegalArgumentException("Too small.")).getCode())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(ErrorStatus.toStatus(new IllegalStateException("Oops.")).getCode())
        .isEqualTo(Status.Code.INTERNAL);
  }

  @Test
  void whatASentenceQuotesNeitherCommandsATerminalNorOverflowsTheTrailers() {
    var sent =
        ErrorStatus.toStatusException(
            new IllegalArgumentException("There is no \u001b[2J\n" + "x".repeat(100_000) + "."));
    assertThat(sent.getStatus().getDescription())
        .startsWith("There is no \\u001b[2J\\u000axxx")
        .endsWith("xxx.")
        .hasSizeLessThan(1_000);
  }

  @Test
  void aStatusWithoutACodeIsNotADomainError() {
    assertThat(ErrorStatus.fromPeer(Status.UNAVAILABLE.asRuntimeException())).isEmpty();
  }
}
