package io.pageferry.dest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.pageferry.migration.ErrorCode;
import io.pageferry.proto.v1.PageFrame;
import io.pageferry.proto.v1.PageRange;
import io.pageferry.proto.v1.SlotContents;
import io.pageferry.proto.v1.TransferStateRequest;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What comes with a guest when it is handed over. */
class TransferStateTest extends ScriptedMigration {
  @Test
  void aStateThatCannotBeRightIsRefusedAndChangesNothing() {
    prepare();
    TransferStateRequest good = state();
    var garbage = good.toBuilder().setMachineState(ByteString.copyFromUtf8("garbage"));
    assertThat(errorOf(() -> transferWith(garbage))).isEqualTo(ErrorCode.MALFORMED_STATE);
    assertThat(errorOf(() -> transferWith(good.toBuilder().clearContents())))
        .isEqualTo(ErrorCode.MALFORMED_STATE);
    var empty = good.toBuilder().setContents(0, SlotContents.getDefaultInstance());
    assertThat(errorOf(() -> transferWith(empty))).isEqualTo(ErrorCode.MALFORMED_STATE);
    var sparse =
        SlotContents.newBuilder().setNonzeroBitmap(ByteString.copyFrom(new byte[PAGES / 8]));
    assertThat(errorOf(() -> transferWith(garbage.setContents(0, sparse))))
        .isEqualTo(ErrorCode.MALFORMED_STATE);
    assertThat(status().hasGuest()).isFalse();
    assertThat(status().getMigration().getPages().getPresent()).isZero();
    transferState();
    assertThat(errorOf(this::transferState)).isEqualTo(ErrorCode.WRONG_GUEST_STATE);
  }

  private static PageFrame.Builder firstPage(long page) {
    return PageFrame.newBuilder()
        .setFirstPage(page)
        .setPageCount(1)
        .setData(ByteString.copyFrom(new byte[4096]));
  }

  @Test
  void aPageThatComesWithTheStateIsNotFetchedAndIsAcknowledgedAfterCommit() throws Exception {
    prepare();
    TransferStateRequest.Builder state = state().toBuilder();
    for (long page = 0; page < 4; page++) {
      state.addFirstPages(firstPage(page));
    }
    transferWith(state);
    assertThat(status().getMigration().getPages().getPresent()).isEqualTo(4);
    assertThat(source.acknowledged).isEmpty();
    commit(ref);
    assertThat(source.awaitFetch().getFirstPage()).isGreaterThanOrEqualTo(4);
    await()
        .atMost(PATIENCE)
        .until(() -> source.acknowledged.stream().mapToInt(PageRange::getPageCount).sum() == 4);
  }

  @Test
  void firstPagesThatCannotBeRightAreRefusedAndChangeNothing() {
    prepare();
    byte[] onlyPageSeven = new byte[PAGES / 8];
    onlyPageSeven[0] = (byte) (1 << 7);
    var good =
        state().toBuilder()
            .setContents(
                0, SlotContents.newBuilder().setNonzeroBitmap(ByteString.copyFrom(onlyPageSeven)))
            .build();
    for (PageFrame.Builder wrong :
        List.of(
            firstPage(6),
            firstPage(PAGES),
            firstPage(-1),
            firstPage(7).setSlot(9),
            firstPage(7).setPageCount(2),
            firstPage(7).setData(ByteString.copyFrom(new byte[4095])))) {
      assertThat(errorOf(() -> transferWith(good.toBuilder().addFirstPages(wrong))))
          .isEqualTo(ErrorCode.MALFORMED_STATE);
    }
    var tooMany = good.toBuilder();
    for (int i = 0; i < 5; i++) {
      tooMany.addFirstPages(firstPage(7));
    }
    assertThat(errorOf(() -> transferWith(tooMany))).isEqualTo(ErrorCode.MALFORMED_STATE);
    assertThat(status().getMigration().getPages().getPresent()).isZero();
    transferWith(good.toBuilder().addFirstPages(firstPage(7)));
    assertThat(status().getMigration().getPages().getPresent()).isEqualTo(PAGES);
  }
}
