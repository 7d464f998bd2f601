import dev.amqpsidecar.client.Binding;
import dev.amqpsidecar.client.Exchange;
import dev.amqpsidecar.client.Queue;
import dev.amqpsidecar.client.SidecarClient;
import java.util.List;

/** Declares what the other examples use. The sidecar declares it again after every reconnect. */
final class Topology {
  public static void main(String[] args) {
    try (SidecarClient client = SidecarClient.connect()) {
      List<String> queues =
          client.declare(
              List.of(new Exchange("orders", "topic"), new Exchange("orders.dead", "fanout")),
              List.of(
                  new Queue("billing").withArgument("x-dead-letter-exchange", "orders.dead"),
                  new Queue("billing.dead")),
              List.of(
                  new Binding("billing", "orders", "order.*"),
                  new Binding("billing.dead", "orders.dead", "")));
      System.out.println("declared " + queues);
    }
  }
}
