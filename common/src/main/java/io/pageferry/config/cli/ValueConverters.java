package io.pageferry.config.cli;

import io.pageferry.config.DataSize;
import io.pageferry.config.Durations;
import io.pageferry.config.HostPort;
import java.time.Duration;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Teaches picocli the notations of {@code io.pageferry.config}. Stateless; any thread. */
public final class ValueConverters {
  private ValueConverters() {}

  /** Registers {@link DataSize}, {@link HostPort} and {@link Duration}, subcommands included. */
  public static void register(CommandLine commandLine) {
    commandLine.registerConverter(DataSize.class, converter(DataSize::parse));
    commandLine.registerConverter(HostPort.class, converter(HostPort::parse));
    commandLine.registerConverter(Duration.class, converter(Durations::parse));
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
