package io.pageferry.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.DynamicMessage;
import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A client that knows gRPC and nothing of PageFerry finds its way by reflection and health. */
class AnyClientTest {
  private static DaemonPair daemons;

  @BeforeAll
  static void startDaemons() {
    daemons = DaemonPair.start();
  }

  @AfterAll
  static void stopDaemons() {
    daemons.close();
  }

  @Test
  void theSourceIsHealthyAndTellsWhatItServes() throws Exception {
    lookAround(daemons.source().address(), "ROLE_SOURCE");
  }

  @Test
  void theDestinationIsHealthyAndTellsWhatItServes() throws Exception {
    lookAround(daemons.destination().address(), "ROLE_DESTINATION");
  }

  private static void lookAround(String address, String role) throws Exception {
    ManagedChannel channel =
        Grpc.newChannelBuilder(address, InsecureChannelCredentials.create()).build();
    try {
      assertThat(
              HealthGrpc.newBlockingStub(channel)
                  .check(HealthCheckRequest.getDefaultInstance())
                  .getStatus())
          .isEqualTo(ServingStatus.SERVING);
      FileDescriptor admin = describe(channel, "pageferry.v1.AdminService");
      DynamicMessage status =
          call(channel, admin.findServiceByName("AdminService").findMethodByName("GetStatus"));
      Object found = status.getField(status.getDescriptorForType().findFieldByName("role"));
      assertThat(found).hasToString(role);
    } finally {
      channel.shutdownNow();
    }
  }

  private static DynamicMessage call(ManagedChannel channel, MethodDescriptor method) {
    var description =
        io.grpc.MethodDescriptor.<DynamicMessage, DynamicMessage>newBuilder()
            .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(method.getService().getFullName() + "/" + method.getName())
            .setRequestMarshaller(
                ProtoUtils.marshaller(DynamicMessage.getDefaultInstance(method.getInputType())))
            .setResponseMarshaller(
                ProtoUtils.marshaller(DynamicMessage.getDefaultInstance(method.getOutputType())))
            .build();
    return ClientCalls.blockingUnaryCall(
        channel,
        description,
        CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS),
        DynamicMessage.getDefaultInstance(method.getInputType()));
  }

  /** The file that declares a service, built from nothing but what the daemon says. */
  private static FileDescriptor describe(ManagedChannel channel, String service) throws Exception {
    CompletableFuture<ServerReflectionResponse> answer = new CompletableFuture<>();
    StreamObserver<ServerReflectionRequest> ask =
        ServerReflectionGrpc.newStub(channel)
            .serverReflectionInfo(
                new StreamObserver<>() {
                  @Override
                  public void onNext(ServerReflectionResponse response) {
                    answer.complete(response);
                  }

                  @Override
                  public void onError(Throwable error) {
                    answer.completeExceptionally(error);
                  }

                  @Override
                  public void onCompleted() {}
                });
    ask.onNext(ServerReflectionRequest.newBuilder().setFileContainingSymbol(service).build());
    var files = answer.get(60, TimeUnit.SECONDS).getFileDescriptorResponse();
    ask.onCompleted();
    Map<String, FileDescriptorProto> byName = new HashMap<>();
    for (var bytes : files.getFileDescriptorProtoList()) {
      FileDescriptorProto file = FileDescriptorProto.parseFrom(bytes);
      byName.put(file.getName(), file);
    }
    return build("pageferry/v1/admin.proto", byName);
  }

  private static FileDescriptor build(String name, Map<String, FileDescriptorProto> files)
      throws Exception {
    FileDescriptorProto file = files.get(name);
    assertThat(file).as(name).isNotNull();
    FileDescriptor[] dependencies = new FileDescriptor[file.getDependencyCount()];
    for (int i = 0; i < dependencies.length; i++) {
      dependencies[i] = build(file.getDependency(i), files);
    }
    return FileDescriptor.buildFrom(file, dependencies);
  }
}
