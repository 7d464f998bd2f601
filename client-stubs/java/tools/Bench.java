import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import com.sun.management.OperatingSystemMXBean;
import dev.amqpsidecar.client.Publisher;
import dev.amqpsidecar.client.PublisherOptions;
import dev.amqpsidecar.client.Queue;
import dev.amqpsidecar.client.SidecarClient;
import dev.amqpsidecar.client.SubscribeOptions;
import dev.amqpsidecar.client.Subscription;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * How fast the stub is, beside the RabbitMQ Java client. Prints one JSON line: messages, seconds,
 * cpu_seconds (this process's).
 *
 * <pre>
 * publish|consume direct|stub --queue Q --messages N --body BYTES --window W --amqp URI
 * </pre>
 *
 * <p>Publish: confirmed, persistent, mandatory, W unconfirmed at once. Consume: prefetch 256, each
 * acked on its own; N have to lie in the queue. The clock starts when the same has been done with
 * WARM_UP messages on a queue of its own, so that the compiler of the JVM is through, and, to
 * publish, with a tenth on the queue itself.
 */
final class Bench {
  private static final int PREFETCH = 256;
  private static final int WARM_UP = 20_000;
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
      DirectPublisher publisher = new DirectPublisher(channel, window);
      publisher.publish(scratch(channel), body, WARM_UP);
      publisher.publish(queue, body, messages / 10);
      start();
      publisher.publish(queue, body, messages);
      report();
    }
  }

  private void publishStub() throws Exception {
    try (SidecarClient client = SidecarClient.connect();
        Publisher publisher = client.publisher(window())) {
      String scratch = scratch(client);
      publish(publisher, scratch, WARM_UP);
      client.deleteQueue(scratch, false, false);
      publish(publisher, queue, messages / 10);
      start();
      publish(publisher, queue, messages);
      report();
    }
  }

  private void consumeDirect() throws Exception {
    try (Connection connection = connect();
        Channel channel = connection.createChannel()) {
      channel.basicQos(PREFETCH);
      String scratch = scratch(channel);
      try (Channel publishing = connection.createChannel()) {
        new DirectPublisher(publishing, window).publish(scratch, body, WARM_UP);
      }
      consume(channel, scratch, WARM_UP);
      start();
      consume(channel, queue, messages);
      report();
    }
  }

  private void consumeStub() throws Exception {
    try (SidecarClient client = SidecarClient.connect()) {
      String scratch = scratch(client);
      try (Publisher publisher = client.publisher(window())) {
        publish(publisher, scratch, WARM_UP);
      }
      consume(client, scratch, WARM_UP);
      client.deleteQueue(scratch, false, false);
      start();
      consume(client, queue, messages);
      report();
    }
  }

  private void publish(Publisher publisher, String to, int count) throws InterruptedException {
    for (int i = 0; i < count; i++) {
      publisher
          .publish("", to, body)
          .whenComplete(
              (result, failure) -> {
                if (failure != null) {
                  fail(failure.getMessage());
                }
              });
    }
    publisher.flush();
  }

  private static void consume(SidecarClient client, String from, int count)
      throws InterruptedException {
    CountDownLatch left = new CountDownLatch(count);
    Subscription subscription =
        client.subscribe(
            from,
            delivery -> left.countDown(),
            SubscribeOptions.builder().prefetch(PREFETCH).onEvent(event -> {}).build());
    await(left);
    subscription.stop(); // Returns when the sidecar has taken every ack.
  }

  private static void consume(Channel channel, String from, int count) throws Exception {
    CountDownLatch left = new CountDownLatch(count);
    String tag =
        channel.basicConsume(
            from,
            false,
            new DefaultConsumer(channel) {
              @Override
              public void handleDelivery(
                  String tag, Envelope envelope, AMQP.BasicProperties properties, byte[] delivered)
                  throws IOException {
                channel.basicAck(envelope.getDeliveryTag(), false);
                left.countDown();
              }
            });
    await(left);
    channel.basicCancel(tag); // Answered after the acks were read.
  }

  private PublisherOptions window() {
    return PublisherOptions.DEFAULT.withMaxInFlight(window).withTimeout(Duration.ofSeconds(60));
  }

  private static String scratch(SidecarClient client) {
    return client.declare(List.of(), List.of(new Queue("")), List.of()).get(0);
  }

  private static String scratch(Channel channel) throws IOException {
    // Durable as the queue itself, and gone with the connection.
    return channel.queueDeclare("", true, true, true, null).getQueue();
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

  static void fail(String why) {
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
