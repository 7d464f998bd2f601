package dev.amqpsidecar.client;

import dev.amqpsidecar.v1.Properties;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * The AMQP properties of a delivery, as its publisher set them. Texts that are not set are empty.
 */
public final class MessageProperties {
  private final Properties proto;

  MessageProperties(Properties proto) {
    this.proto = proto;
  }

  Properties proto() {
    return proto;
  }

  /** {@return such as "application/json"} */
  public String contentType() {
    return proto.getContentType();
  }

  /** {@return such as "gzip"; nothing packs or unpacks on the way} */
  public String contentEncoding() {
    return proto.getContentEncoding();
  }

  /**
   * {@return the headers in Java's types: String, Long, Double, Boolean, byte[], Instant, List,
   * Map, and null for AMQP's void; a copy, made anew by every call}
   */
  public Map<String, Object> headers() {
    return Fields.toJava(proto.getHeadersMap());
  }

  /** {@return whether a durable queue keeps it through a restart of the broker} */
  public DeliveryMode deliveryMode() {
    return DeliveryMode.of(proto.getDeliveryMode());
  }

  /** {@return 0 to 255} */
  public int priority() {
    return proto.getPriority();
  }

  /** {@return which request a reply belongs to} */
  public String correlationId() {
    return proto.getCorrelationId();
  }

  /** {@return where a reply is wanted: usually the name of a queue} */
  public String replyTo() {
    return proto.getReplyTo();
  }

  /** {@return time to live in the queue} */
  public Optional<Duration> expiration() {
    return proto.hasExpiration()
        ? Optional.of(Fields.duration(proto.getExpiration()))
        : Optional.empty();
  }

  /** {@return the message's id; one that the sidecar published has one} */
  public String messageId() {
    return proto.getMessageId();
  }

  /** {@return in whole seconds, what the publisher wrote} */
  public Optional<Instant> timestamp() {
    return proto.hasTimestamp()
        ? Optional.of(Fields.instant(proto.getTimestamp()))
        : Optional.empty();
  }

  /** {@return the kind of message, in the application's words} */
  public String type() {
    return proto.getType();
  }

  /** {@return the user that published it, where the publisher said} */
  public String userId() {
    return proto.getUserId();
  }

  /** {@return the application that published it} */
  public String appId() {
    return proto.getAppId();
  }
}
