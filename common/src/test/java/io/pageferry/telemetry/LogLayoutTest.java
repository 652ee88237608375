package io.pageferry.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.event.KeyValuePair;

class LogLayoutTest {
  private final LoggerContext context = new LoggerContext();

  @BeforeEach
  void configure() throws Exception {
    URL file = Objects.requireNonNull(getClass().getResource("/logback.xml"));
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(file);
  }

  private String line(String message, @Nullable Throwable failure, KeyValuePair... pairs) {
    Logger logger = context.getLogger("io.pageferry.Example");
    LoggingEvent event = new LoggingEvent("", logger, Level.INFO, message, failure, new Object[0]);
    for (KeyValuePair pair : pairs) {
      event.addKeyValuePair(pair);
    }
    var appender = (ConsoleLog) context.getLogger(Logger.ROOT_LOGGER_NAME).getAppender("STDERR");
    return new String(appender.getEncoder().encode(event), StandardCharsets.UTF_8);
  }

  @Test
  void anEventIsOneLineOfKeysAndValues() {
    assertThat(line("Phase entered.", null, new KeyValuePair("phase", "SETUP")))
        .matches(
            "time=\\d{4}-\\d\\d-\\d\\dT\\S+ level=INFO thread=\\S+ logger=Example"
                + " message=\"Phase entered.\" phase=\"SETUP\" *\n");
  }

  @Test
  void messagesAndStackTracesStayInTheirLine() {
    String line = line("He said \"no\"\nand left.", new IllegalStateException("a\nb"));
    assertThat(line.stripTrailing())
        .doesNotContain("\n")
        .contains("message=\"He said 'no' | and left.\"")
        .contains("java.lang.IllegalStateException: a | b | at io.pageferry.telemetry");
  }

  @Test
  void whatALineQuotesCommandsNoTerminal() {
    String line =
        line(
            "Guest \u001b[2J\u009b1m\u202e ü 渡 🛶.", new IllegalStateException("\u001b]0;x\u0007"));
    assertThat(line)
        .contains("message=\"Guest ?[2J?1m? ü 渡 🛶.\"")
        .contains("IllegalStateException: ?]0;x?");
  }

  @Test
  void librariesOnlyWarn() {
    assertThat(context.getLogger("io.netty.channel").getEffectiveLevel()).isEqualTo(Level.WARN);
    assertThat(context.getLogger("io.grpc.internal").getEffectiveLevel()).isEqualTo(Level.WARN);
  }
}
