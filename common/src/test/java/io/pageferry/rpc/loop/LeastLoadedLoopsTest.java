package io.pageferry.rpc.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Rule 5: a lane's event loop serves no other connection while there are loops to spare. */
class LeastLoadedLoopsTest {
  private static final int LOOPS = 4;

  private final EventLoopGroup loops = LeastLoadedLoops.create("test", LOOPS);
  private final List<Channel> channels = new ArrayList<>();

  @AfterEach
  void endLoops() {
    for (Channel channel : channels) {
      var _ = channel.close();
    }
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  @Test
  void everyConnectionHasALoopOfItsOwnWhileThereAreLoopsToSpare() throws Exception {
    Set<EventLoop> used = new HashSet<>();
    for (int i = 0; i < LOOPS; i++) {
      used.add(register().eventLoop());
    }
    assertThat(used).hasSize(LOOPS);
  }

  @Test
  void aLoopWhoseConnectionHasEndedIsTheNextToGetOne() throws Exception {
    for (int i = 0; i < LOOPS; i++) {
      var _ = register();
    }
    for (Channel ended : List.copyOf(channels)) {
      EventLoop freed = ended.eventLoop();
      ended.close().sync();
      Awaitility.await()
          .atMost(30, TimeUnit.SECONDS)
          .untilAsserted(() -> assertThat(ended.isRegistered()).isFalse());
      assertThat(register().eventLoop()).isSameAs(freed);
    }
  }

  private Channel register() throws Exception {
    SocketChannel channel = LeastLoadedLoops.channelType().getDeclaredConstructor().newInstance();
    loops.register(channel).sync();
    channels.add(channel);
    return channel;
  }
}
