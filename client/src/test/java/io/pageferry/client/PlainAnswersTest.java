package io.pageferry.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.pageferry.proto.v1.Status;
import org.junit.jupiter.api.Test;

class PlainAnswersTest {
  @Test
  void noTextOfAStatusCommandsATerminal() {
    Status.Builder hostile = Status.newBuilder();
    fill(hostile);
    String plain = PlainAnswers.of(hostile.build()).toString();
    assertThat(hostile.build().toString()).contains("\\033[2J");
    assertThat(plain).contains("u001b[2J").doesNotContain("\\033");
  }

  /** Fills every text, and one of each message. */
  private static void fill(Message.Builder message) {
    for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
      switch (field.getJavaType()) {
        case STRING -> message.setField(field, "\u001b[2J");
        case MESSAGE -> {
          Message.Builder part = message.newBuilderForField(field);
          fill(part);
          if (field.isRepeated()) {
            message.addRepeatedField(field, part.build());
          } else {
            message.setField(field, part.build());
          }
        }
        default -> {}
      }
    }
  }
}
