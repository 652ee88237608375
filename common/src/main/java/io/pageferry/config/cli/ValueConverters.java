package io.pageferry.config.cli;

import io.pageferry.config.DataSize;
import io.pageferry.config.Durations;
import io.pageferry.config.HostPort;
import io.pageferry.fault.mechanism.MechanismChoice;
import java.time.Duration;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Teaches picocli the notations of {@code io.pageferry.config}. Stateless; any thread. */
public final class ValueConverters {
  private ValueConverters() {}

  /**
   * Registers {@link DataSize}, {@link HostPort}, {@link Duration} and {@link MechanismChoice}, and
   * words of our own for numbers, subcommands included.
   */
  public static void register(CommandLine commandLine) {
    commandLine.registerConverter(DataSize.class, converter(DataSize::parse));
    commandLine.registerConverter(HostPort.class, converter(HostPort::parse));
    commandLine.registerConverter(MechanismChoice.class, converter(MechanismChoice::parse));
    commandLine.registerConverter(Duration.class, converter(Durations::parse));
    register(commandLine, int.class, Integer.class, number(Integer::valueOf, "a whole number"));
    register(commandLine, long.class, Long.class, number(Long::valueOf, "a whole number"));
    register(commandLine, double.class, Double.class, number(Double::valueOf, "a number"));
  }

  private static <T> void register(
      CommandLine commandLine, Class<T> primitive, Class<T> boxed, ITypeConverter<T> converter) {
    commandLine.registerConverter(primitive, converter);
    commandLine.registerConverter(boxed, converter);
  }

  private static <T> ITypeConverter<T> number(Function<String, T> parser, String kind) {
    return text -> {
      try {
        return parser.apply(text.strip());
      } catch (NumberFormatException _) {
        throw new TypeConversionException(
            text.matches("[+-]?\\d+")
                ? "'" + text + "' is too large."
                : "'" + text + "' is not " + kind + ".");
      }
    };
  }

  /** picocli keeps the message of this one exception and decorates those of all others. */
  private static <T> ITypeConverter<T> converter(Function<String, T> parser) {
    return text -> {
      try {
        return parser.apply(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    };
  }
}
