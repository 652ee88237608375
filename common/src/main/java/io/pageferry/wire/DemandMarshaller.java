package io.pageferry.wire;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.pageferry.proto.v1.DemandRequest;
import io.pageferry.proto.v1.PageServiceGrpc;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;

/**
 * Writes and reads fetches without the objects of the generated classes. Any thread.
 *
 * <p>A fetch leaves with the bytes that the generated class would write, and one that arrives with
 * these bytes is read here. All else is left to the generated class, which therefore decides what
 * is well-formed: hellos, fields in another order, fields of later versions, bytes that are no
 * message.
 */
final class DemandMarshaller implements MethodDescriptor.Marshaller<Demand> {
  private static final MethodDescriptor.Marshaller<DemandRequest> GENERATED =
      PageServiceGrpc.getDemandMethod().getRequestMarshaller();
  private static final ThreadLocal<FetchBytes> BYTES = ThreadLocal.withInitial(FetchBytes::new);

  @Override
  public InputStream stream(Demand demand) {
    if (demand.hello() != null) {
      return GENERATED.stream(DemandRequest.newBuilder().setHello(demand.hello()).build());
    }
    FetchBytes bytes = BYTES.get();
    bytes.write(demand);
    return new Encoded(Arrays.copyOf(bytes.array, bytes.length));
  }

  @Override
  public Demand parse(InputStream stream) {
    FetchBytes bytes = BYTES.get();
    try {
      int size = stream.available();
      if (!(stream instanceof KnownLength) || size > bytes.array.length) {
        return of(GENERATED.parse(stream));
      }
      bytes.length = stream.readNBytes(bytes.array, 0, size);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Demand fetch = bytes.read();
    return fetch == null
        ? of(GENERATED.parse(new ByteArrayInputStream(bytes.array, 0, bytes.length)))
        : fetch;
  }

  private static Demand of(DemandRequest request) {
    if (request.hasHello()) {
      return Demand.hello(request.getHello());
    }
    var fetch = request.getFetch();
    var prefetch = request.getPrefetch();
    return Demand.fetch(fetch.getSlot(), fetch.getFirstPage(), fetch.getPageCount())
        .thenPrefetch(prefetch.getFirstPage(), prefetch.getStep(), prefetch.getCount());
  }

  /** A message's bytes, as transports like them best. */
  private static final class Encoded extends ByteArrayInputStream
      implements Drainable, KnownLength {
    Encoded(byte[] bytes) {
      super(bytes);
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
      int length = count - pos;
      target.write(buf, pos, length);
      pos = count;
      return length;
    }
  }
}
