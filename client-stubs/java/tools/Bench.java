import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ConfirmCallback;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.MessageProperties;
import com.sun.management.OperatingSystemMXBean;
import dev.amqpsidecar.client.Publisher;
import dev.amqpsidecar.client.PublisherOptions;
import dev.amqpsidecar.client.SidecarClient;
import dev.amqpsidecar.client.SubscribeOptions;
import dev.amqpsidecar.client.Subscription;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How fast the stub is, beside the RabbitMQ Java client. Prints one JSON line: messages, seconds,
 * cpu_seconds (this process's).
 *
 * <pre>
 * publish|consume direct|stub --queue Q --messages N --body BYTES --window W --amqp URI
 * </pre>
 *
 * <p>Publish: confirmed, persistent, mandatory, W unconfirmed at once; a tenth is published before
 * the clock starts. Consume: prefetch 256, each acked on its own; N have to lie in the queue.
 */
final class Bench {
  private static final int PREFETCH = 256;
  private static final int PATIENCE_SECONDS = 300;

  private final String queue;
  private final int messages;
  private final int window;
  private final byte[] body;
  private final String amqp;
  private long begin;
  private long cpuBegin;

  private Bench(Map<String, String> options) {
    queue = options.get("--queue");
    messages = Integer.parseInt(options.get("--messages"));
    window = Integer.parseInt(options.getOrDefault("--window", "1000"));
    int bytes = Integer.parseInt(options.getOrDefault("--body", "256"));
    body = ("\"" + "x".repeat(Math.max(0, bytes - 2)) + "\"").getBytes();
    amqp = options.get("--amqp");
  }

  public static void main(String[] args) throws Exception {
    Map<String, String> options = new HashMap<>();
    for (int i = 2; i + 1 < args.length; i += 2) {
      options.put(args[i], args[i + 1]);
    }
    Bench bench = new Bench(options);
    switch (args[0] + " " + args[1]) {
      case "publish direct" -> bench.publishDirect();
      case "publish stub" -> bench.publishStub();
      case "consume direct" -> bench.consumeDirect();
      case "consume stub" -> bench.consumeStub();
      default -> throw new IllegalArgumentException("publish|consume direct|stub");
    }
    System.exit(0);
  }

  private void publishDirect() throws Exception {
    try (Connection connection = connect();
        Channel channel = connection.createChannel()) {
      channel.confirmSelect();
      channel.addReturnListener(returned -> fail("returned"));
      Semaphore room = new Semaphore(window);
      AtomicLong confirmed = new AtomicLong();
      ConfirmCallback acked =
          (tag, multiple) -> {
            // RabbitMQ confirms in order of the tags when it says multiple.
            int count = multiple ? (int) (tag - confirmed.get()) : 1;
            confirmed.addAndGet(count);
            room.release(count);
          };
      channel.addConfirmListener(acked, (tag, multiple) -> fail("nacked"));
      AMQP.BasicProperties properties =
          MessageProperties.PERSISTENT_BASIC.builder().contentType("application/json").build();
      for (int count : new int[] {messages / 10, messages}) {
        start();
        for (int i = 0; i < count; i++) {
          room.acquire();
          channel.basicPublish("", queue, true, properties, body);
        }
        room.acquire(window);
        room.release(window);
      }
      report();
    }
  }

  private void publishStub() throws Exception {
    PublisherOptions options =
        PublisherOptions.DEFAULT.withMaxInFlight(window).withTimeout(Duration.ofSeconds(60));
    try (SidecarClient client = SidecarClient.connect();
        Publisher publisher = client.publisher(options)) {
      for (int count : new int[] {messages / 10, messages}) {
        start();
        for (int i = 0; i < count; i++) {
          publisher
              .publish("", queue, body)
              .whenComplete(
                  (result, failure) -> {
                    if (failure != null) {
                      fail(failure.getMessage());
                    }
                  });
        }
        publisher.flush();
      }
      report();
    }
  }

  private void consumeDirect() throws Exception {
    try (Connection connection = connect();
        Channel channel = connection.createChannel()) {
      channel.basicQos(PREFETCH);
      CountDownLatch left = new CountDownLatch(messages);
      start();
      channel.basicConsume(
          queue,
          false,
          new DefaultConsumer(channel) {
            @Override
            public void handleDelivery(
                String tag, Envelope envelope, AMQP.BasicProperties properties, byte[] delivered)
                throws IOException {
              if (left.getCount() > 0) {
                channel.basicAck(envelope.getDeliveryTag(), false);
                left.countDown();
              }
            }
          });
      await(left);
      report();
    }
  }

  private void consumeStub() throws Exception {
    try (SidecarClient client = SidecarClient.connect()) {
      CountDownLatch left = new CountDownLatch(messages);
      start();
      Subscription subscription =
          client.subscribe(
              queue,
              delivery -> left.countDown(),
              SubscribeOptions.builder().prefetch(PREFETCH).build());
      await(left);
      subscription.stop(); // Returns when the sidecar has taken every ack.
      report();
    }
  }

  private Connection connect() throws Exception {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(amqp.endsWith("/") ? amqp.substring(0, amqp.length() - 1) : amqp);
    return factory.newConnection();
  }

  private static void await(CountDownLatch left) throws InterruptedException {
    if (!left.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      fail(left.getCount() + " messages did not come");
    }
  }

  private static void fail(String why) {
    System.err.println("bench: " + why);
    System.exit(1);
  }

  private void start() {
    begin = System.nanoTime();
    cpuBegin = cpu();
  }

  private void report() {
    double seconds = (System.nanoTime() - begin) / 1e9;
    double cpuSeconds = (cpu() - cpuBegin) / 1e9;
    System.out.printf(
        java.util.Locale.ROOT,
        "{\"messages\": %d, \"seconds\": %.4f, \"cpu_seconds\": %.4f}%n",
        messages,
        seconds,
        cpuSeconds);
  }

  private static long cpu() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }
}
