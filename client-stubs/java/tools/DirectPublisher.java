import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.MessageProperties;
import java.io.IOException;
import java.util.TreeSet;
import java.util.concurrent.Semaphore;

/** Publishes by the RabbitMQ Java client as a careful user would: a window of confirms. */
final class DirectPublisher {
  private static final AMQP.BasicProperties PROPERTIES =
      MessageProperties.PERSISTENT_BASIC.builder().contentType("application/json").build();

  private final Channel channel;
  private final int window;
  private final Semaphore room;

  // Used on the connection's thread.
  private final TreeSet<Long> alone = new TreeSet<>();
  private long confirmed;

  DirectPublisher(Channel channel, int window) throws IOException {
    this.channel = channel;
    this.window = window;
    room = new Semaphore(window);
    channel.confirmSelect();
    channel.addReturnListener(returned -> Bench.fail("returned"));
    channel.addConfirmListener(this::confirm, (tag, multiple) -> Bench.fail("nacked"));
  }

  /** Returns when all are confirmed. */
  void publish(String queue, byte[] body, int count) throws IOException, InterruptedException {
    for (int i = 0; i < count; i++) {
      room.acquire();
      channel.basicPublish("", queue, true, PROPERTIES, body);
    }
    room.acquire(window);
    room.release(window);
  }

  // What was confirmed alone is taken off what a later "multiple" says.
  private void confirm(long tag, boolean multiple) {
    if (!multiple) {
      alone.add(tag);
      room.release();
      return;
    }
    int earlier = 0;
    while (!alone.isEmpty() && alone.first() <= tag) {
      alone.pollFirst();
      earlier++;
    }
    room.release((int) (tag - confirmed) - earlier);
    confirmed = tag;
  }
}
