package dev.amqpsidecar.client;

import java.util.HashMap;
import java.util.Map;

/**
 * Where messages are published to. Immutable: the methods that begin with "with" answer a changed
 * copy.
 *
 * @param name at most 255 bytes; names that begin with "amq." are the broker's
 * @param type direct, fanout, topic, headers, or one that a plugin brings; empty means direct
 * @param durable survives a restart of the broker
 * @param autoDelete deleted by the broker once its last binding is gone
 * @param internal takes messages from other exchanges only
 * @param arguments further ones, such as alternate-exchange
 */
public record Exchange(
    String name,
    String type,
    boolean durable,
    boolean autoDelete,
    boolean internal,
    Map<String, Object> arguments) {
  /**
   * Copies the arguments.
   *
   * @param name as above
   * @param type as above
   * @param durable as above
   * @param autoDelete as above
   * @param internal as above
   * @param arguments as above
   */
  public Exchange {
    arguments = Map.copyOf(arguments);
  }

  /**
   * A durable exchange.
   *
   * @param name its name
   * @param type such as "topic"
   */
  public Exchange(String name, String type) {
    this(name, type, true, false, false, Map.of());
  }

  /**
   * Sets durable.
   *
   * @param value whether it survives a restart of the broker
   * @return a copy with it
   */
  public Exchange withDurable(boolean value) {
    return new Exchange(name, type, value, autoDelete, internal, arguments);
  }

  /**
   * Sets autoDelete.
   *
   * @param value whether the broker deletes it once its last binding is gone
   * @return a copy with it
   */
  public Exchange withAutoDelete(boolean value) {
    return new Exchange(name, type, durable, value, internal, arguments);
  }

  /**
   * Sets internal.
   *
   * @param value whether it takes messages from other exchanges only
   * @return a copy with it
   */
  public Exchange withInternal(boolean value) {
    return new Exchange(name, type, durable, autoDelete, value, arguments);
  }

  /**
   * Adds an argument.
   *
   * @param key such as "alternate-exchange"
   * @param value as for {@link PublishOptions.Builder#header}
   * @return a copy with it
   */
  public Exchange withArgument(String key, Object value) {
    Map<String, Object> more = new HashMap<>(arguments);
    more.put(key, value);
    return new Exchange(name, type, durable, autoDelete, internal, more);
  }

  dev.amqpsidecar.v1.Exchange toProto() {
    return dev.amqpsidecar.v1.Exchange.newBuilder()
        .setName(name)
        .setType(type)
        .setDurable(durable)
        .setAutoDelete(autoDelete)
        .setInternal(internal)
        .putAllArguments(Fields.toProto(arguments))
        .build();
  }
}
