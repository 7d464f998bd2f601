package dev.amqpsidecar.client;

import java.util.HashMap;
import java.util.Map;

/**
 * Where messages wait for consumers. Immutable: the methods that begin with "with" answer a changed
 * copy.
 *
 * @param name empty lets the sidecar choose; declare answers the name
 * @param type becomes the argument x-queue-type
 * @param durable survives a restart of the broker
 * @param exclusive for the sidecar's connection alone, and deleted with it
 * @param autoDelete deleted by the broker once its last consumer is gone
 * @param arguments further ones, such as x-message-ttl
 */
public record Queue(
    String name,
    QueueType type,
    boolean durable,
    boolean exclusive,
    boolean autoDelete,
    Map<String, Object> arguments) {
  /**
   * Copies the arguments.
   *
   * @param name as above
   * @param type as above
   * @param durable as above
   * @param exclusive as above
   * @param autoDelete as above
   * @param arguments as above
   */
  public Queue {
    arguments = Map.copyOf(arguments);
  }

  /**
   * A durable queue.
   *
   * @param name its name
   */
  public Queue(String name) {
    this(name, QueueType.DEFAULT, true, false, false, Map.of());
  }

  /**
   * Sets the type.
   *
   * @param value such as QUORUM
   * @return a copy with it
   */
  public Queue withType(QueueType value) {
    return new Queue(name, value, durable, exclusive, autoDelete, arguments);
  }

  /**
   * Sets durable.
   *
   * @param value whether it survives a restart of the broker
   * @return a copy with it
   */
  public Queue withDurable(boolean value) {
    return new Queue(name, type, value, exclusive, autoDelete, arguments);
  }

  /**
   * Sets exclusive.
   *
   * @param value whether it is for the sidecar's connection alone, and deleted with it
   * @return a copy with it
   */
  public Queue withExclusive(boolean value) {
    return new Queue(name, type, durable, value, autoDelete, arguments);
  }

  /**
   * Sets autoDelete.
   *
   * @param value whether the broker deletes it once its last consumer is gone
   * @return a copy with it
   */
  public Queue withAutoDelete(boolean value) {
    return new Queue(name, type, durable, exclusive, value, arguments);
  }

  /**
   * Adds an argument.
   *
   * @param key such as "x-dead-letter-exchange"
   * @param value as for {@link PublishOptions.Builder#header}
   * @return a copy with it
   */
  public Queue withArgument(String key, Object value) {
    Map<String, Object> more = new HashMap<>(arguments);
    more.put(key, value);
    return new Queue(name, type, durable, exclusive, autoDelete, more);
  }

  dev.amqpsidecar.v1.Queue toProto() {
    return dev.amqpsidecar.v1.Queue.newBuilder()
        .setName(name)
        .setType(type.toProto())
        .setDurable(durable)
        .setExclusive(exclusive)
        .setAutoDelete(autoDelete)
        .putAllArguments(Fields.toProto(arguments))
        .build();
  }
}
