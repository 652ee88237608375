package io.pageferry.daemon.process;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * SIGTERM, SIGINT and SIGHUP (a terminal that goes away), each time one arrives. A shutdown hook
 * would not do: the JVM swallows every signal after the first. A signal that the process was
 * started to ignore, as {@code nohup} does, stays ignored: the JVM sees to that.
 *
 * <p>By reflection, because the JDK has no other interface than {@code sun.misc.Signal}, which it
 * supports (module {@code jdk.unsupported}) and javac warns of wherever it is named.
 */
final class EndSignals {
  private static final Map<String, Integer> NUMBERS = Map.of("HUP", 1, "INT", 2, "TERM", 15);

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
    } catch (InvocationTargetException e) {
      throw new IllegalArgumentException(
          "The JVM leaves signals to the system, so that the daemon could not finish a migration"
              + " when it is told to end; take -Xrs out of PAGEFERRY_JAVA_OPTS.",
          e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("This Java has no sun.misc.Signal; use a JDK 25.", e);
    }
  }
}
