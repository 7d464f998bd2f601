import dev.amqpsidecar.client.PublishResult;
import dev.amqpsidecar.client.Publisher;
import dev.amqpsidecar.client.SidecarClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Publishes 1,000 orders, many in flight at once, and counts those that are in a queue. */
final class BulkPublish {
  public static void main(String[] args) throws InterruptedException {
    List<CompletableFuture<PublishResult>> results = new ArrayList<>();
    try (SidecarClient client = SidecarClient.connect();
        Publisher publisher = client.publisher()) {
      for (int id = 1; id <= 1000; id++) {
        results.add(
            publisher.publish("orders", "order.created", Map.of("order_id", id, "total", 9.5)));
      }
      publisher.flush();
    }
    long failed = results.stream().filter(CompletableFuture::isCompletedExceptionally).count();
    System.out.println(results.size() - failed + " confirmed");
    results.stream()
        .filter(CompletableFuture::isCompletedExceptionally)
        .findFirst()
        .ifPresent(CompletableFuture::join); // Throws why.
  }
}
