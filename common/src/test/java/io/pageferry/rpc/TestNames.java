package io.pageferry.rpc;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.spi.InetAddressResolver;
import java.net.spi.InetAddressResolverProvider;
import java.util.Map;
import java.util.stream.Stream;

/** Names that are known in this JVM only, beside those of the operating system. */
public final class TestNames extends InetAddressResolverProvider {
  private static final Map<String, String[]> KNOWN =
      Map.of(
          "dotted.test.", new String[] {"127.0.0.1"},
          "under_score.test", new String[] {"127.0.0.1"},
          "first-is-dead.test", new String[] {"127.0.0.99", "127.0.0.1"});

  @Override
  public InetAddressResolver get(Configuration configuration) {
    InetAddressResolver system = configuration.builtinResolver();
    return new InetAddressResolver() {
      @Override
      public Stream<InetAddress> lookupByName(String host, LookupPolicy policy)
          throws UnknownHostException {
        String[] known = KNOWN.get(host);
        return known == null
            ? system.lookupByName(host, policy)
            : Stream.of(known).map(InetAddress::ofLiteral);
      }

      @Override
      public String lookupByAddress(byte[] address) throws UnknownHostException {
        return system.lookupByAddress(address);
      }
    };
  }

  @Override
  public String name() {
    return "test names";
  }
}
