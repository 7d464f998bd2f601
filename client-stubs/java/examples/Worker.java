import com.fasterxml.jackson.databind.JsonNode;
import dev.amqpsidecar.client.Delivery;
import dev.amqpsidecar.client.RejectException;
import dev.amqpsidecar.client.RetryPolicy;
import dev.amqpsidecar.client.SidecarClient;
import dev.amqpsidecar.client.SubscribeOptions;
import dev.amqpsidecar.client.Subscription;
import java.time.Duration;

/** Works on orders, four at once, until SIGTERM; one that fails is tried three times. */
final class Worker {
  public static void main(String[] args) throws InterruptedException {
    SubscribeOptions options =
        SubscribeOptions.builder()
            .concurrency(4)
            .retry(
                RetryPolicy.maxAttempts(3)
                    .withBackoff(Duration.ofMillis(100), Duration.ofSeconds(10)))
            .build();
    SidecarClient client = SidecarClient.connect();
    Subscription subscription = client.subscribe("billing", Worker::handle, options);
    // Running handlers finish; what was not begun goes back to the queue.
    Runtime.getRuntime().addShutdownHook(new Thread(subscription::stop));
    subscription.await();
  }

  private static void handle(Delivery delivery) {
    JsonNode order = delivery.json();
    if (!order.hasNonNull("order_id")) {
      throw new RejectException("no order_id"); // It never will have one: to the dead letters.
    }
    System.out.println("order " + order.get("order_id"));
  }
}
