package dev.amqpsidecar.client;

import java.util.Map;

/**
 * Routes an exchange's messages to a queue. Immutable.
 *
 * @param queue its name; not read in {@link SubscribeOptions.Builder#bindings}
 * @param exchange not empty: every queue is bound to the default exchange by its name
 * @param routingKey the pattern or key that the exchange matches; a fanout exchange reads none
 * @param arguments what a headers exchange matches; as for {@link PublishOptions.Builder#header}
 */
public record Binding(
    String queue, String exchange, String routingKey, Map<String, Object> arguments) {
  /**
   * Copies the arguments.
   *
   * @param queue as above
   * @param exchange as above
   * @param routingKey as above
   * @param arguments as above
   */
  public Binding {
    arguments = Map.copyOf(arguments);
  }

  /**
   * A binding without arguments.
   *
   * @param queue its name
   * @param exchange its name
   * @param routingKey the pattern or key
   */
  public Binding(String queue, String exchange, String routingKey) {
    this(queue, exchange, routingKey, Map.of());
  }

  dev.amqpsidecar.v1.Binding toProto() {
    return dev.amqpsidecar.v1.Binding.newBuilder()
        .setQueue(queue)
        .setExchange(exchange)
        .setRoutingKey(routingKey)
        .putAllArguments(Fields.toProto(arguments))
        .build();
  }
}
