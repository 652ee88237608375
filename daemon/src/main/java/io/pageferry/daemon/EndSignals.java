package io.pageferry.daemon;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * SIGTERM and SIGINT, each time one arrives. A shutdown hook would not do: the JVM swallows every
 * signal after the first.
 *
 * <p>By reflection, because the JDK has no other interface than {@code sun.misc.Signal}, which it
 * supports (module {@code jdk.unsupported}) and javac warns of wherever it is named.
 */
final class EndSignals {
  private static final Map<String, Integer> NUMBERS = Map.of("INT", 2, "TERM", 15);

  private EndSignals() {}

  /** Gives each signal's number to a handler, on a thread of the JVM, instead of ending it. */
  static void handle(IntConsumer handler) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
      for (Map.Entry<String, Integer> entry : NUMBERS.entrySet()) {
        int number = entry.getValue();
        InvocationHandler invocation =
            (proxy, method, arguments) -> {
              handler.accept(number);
              return null;
            };
        Object proxy =
            Proxy.newProxyInstance(
                EndSignals.class.getClassLoader(), new Class<?>[] {handlerType}, invocation);
        var _ =
            signal
                .getMethod("handle", signal, handlerType)
                .invoke(
                    null, signal.getConstructor(String.class).newInstance(entry.getKey()), proxy);
      }
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("This Java has no sun.misc.Signal; use a JDK 25.", e);
    }
  }
}
