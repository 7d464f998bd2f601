package dev.amqpsidecar.client;

/** The kinds of queue that RabbitMQ has. */
public enum QueueType {
  /** The broker's default for the virtual host. */
  DEFAULT,
  /** On one node. */
  CLASSIC,
  /** Replicated, and counts redeliveries. Durable, never exclusive. */
  QUORUM,
  /** A log that consumers read without emptying it. */
  STREAM;

  dev.amqpsidecar.v1.QueueType toProto() {
    return dev.amqpsidecar.v1.QueueType.forNumber(ordinal());
  }
}
