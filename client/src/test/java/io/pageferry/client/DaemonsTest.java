package io.pageferry.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import io.pageferry.proto.v1.AdminServiceGrpc;
import io.pageferry.proto.v1.ListGuestsRequest;
import io.pageferry.proto.v1.ListGuestsResponse;
import io.pageferry.proto.v1.Role;
import java.time.Duration;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class DaemonsTest {
  private final CyclicBarrier bothAsked = new CyclicBarrier(2);

  /** Answers once the other daemon is asked as well. */
  private BindableService answersWithTheOther() {
    return new AdminServiceGrpc.AdminServiceImplBase() {
      @Override
      public void listGuests(
          ListGuestsRequest request, StreamObserver<ListGuestsResponse> responses) {
        try {
          var _ = bothAsked.await(10, TimeUnit.SECONDS);
          responses.onNext(ListGuestsResponse.getDefaultInstance());
          responses.onCompleted();
        } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
          responses.onError(e);
        }
      }
    };
  }

  private static AdminClient client(Role role, String name) {
    return new AdminClient(
        role, "", name, Duration.ofSeconds(20), InProcessChannelBuilder.forName(name).build());
  }

  @Test
  void bothDaemonsAreAskedAtTheSameTime() throws Exception {
    Server source =
        InProcessServerBuilder.forName("here").addService(answersWithTheOther()).build().start();
    Server destination =
        InProcessServerBuilder.forName("there").addService(answersWithTheOther()).build().start();
    try (Daemons daemons =
        new Daemons(client(Role.ROLE_SOURCE, "here"), client(Role.ROLE_DESTINATION, "there"))) {
      StatusPair statuses = daemons.statuses();
      assertThat(statuses.source()).as(statuses.sourceFailure()).isNotNull();
      assertThat(statuses.destination()).as(statuses.destinationFailure()).isNotNull();
    } finally {
      source.shutdownNow();
      destination.shutdownNow();
    }
  }
}
