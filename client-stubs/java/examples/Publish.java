import dev.amqpsidecar.client.PublishResult;
import dev.amqpsidecar.client.SidecarClient;
import dev.amqpsidecar.client.SidecarException;

/** Publishes one order, and is sure that it is in a queue. */
final class Publish {
  private record Order(int order_id, double total) {}

  public static void main(String[] args) {
    try (SidecarClient client = SidecarClient.connect()) {
      PublishResult result = client.publish("orders", "order.created", new Order(1, 9.5));
      System.out.println(result.messageId());
    } catch (SidecarException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }
}
