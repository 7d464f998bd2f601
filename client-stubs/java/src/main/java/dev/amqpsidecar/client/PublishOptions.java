package dev.amqpsidecar.client;

import dev.amqpsidecar.v1.Properties;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/** How to publish a message: its AMQP properties, and what the call itself does. Immutable. */
public final class PublishOptions {
  static final PublishOptions DEFAULT = builder().build();

  private final Properties properties;
  private final boolean allowUnroutable;
  private final Duration timeout;

  private PublishOptions(Builder builder) {
    properties = builder.properties.build();
    allowUnroutable = builder.allowUnroutable;
    timeout = builder.timeout;
  }

  Properties properties() {
    return properties;
  }

  boolean allowUnroutable() {
    return allowUnroutable;
  }

  Duration timeoutOr(Duration other) {
    return timeout == null ? other : timeout;
  }

  /** {@return options with nothing set: persistent JSON with a new message id} */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Sets one by one. Texts are at most 255 bytes of UTF-8 each; the sidecar refuses longer ones.
   */
  public static final class Builder {
    private final Properties.Builder properties = Properties.newBuilder();
    private boolean allowUnroutable;
    private Duration timeout;

    private Builder() {}

    /**
     * Takes all properties of a delivery, such as to publish it again.
     *
     * @param other replaces what was set before
     * @return this
     */
    public Builder properties(MessageProperties other) {
      properties.clear().mergeFrom(other.proto());
      return this;
    }

    /**
     * Says what the body is.
     *
     * @param value empty means "application/json"
     * @return this
     */
    public Builder contentType(String value) {
      properties.setContentType(value);
      return this;
    }

    /**
     * Says how the body is packed.
     *
     * @param value such as "gzip"; nobody packs on the way
     * @return this
     */
    public Builder contentEncoding(String value) {
      properties.setContentEncoding(value);
      return this;
    }

    /**
     * Adds a header.
     *
     * @param name at most 255 bytes
     * @param value a String, Long, Integer, Short, Byte, Double, Float, Boolean, byte[], Instant
     *     (whole seconds, not before 1970), List or Map of these
     * @return this
     * @throws IllegalArgumentException for a value of another class
     */
    public Builder header(String name, Object value) {
      properties.putHeaders(name, Fields.toProto(value));
      return this;
    }

    /**
     * Adds headers.
     *
     * @param headers as for {@link #header}
     * @return this
     * @throws IllegalArgumentException for a value of another class
     */
    public Builder headers(Map<String, ?> headers) {
      headers.forEach(this::header);
      return this;
    }

    /**
     * Says whether the message survives a restart of the broker.
     *
     * @param value persistent unless set
     * @return this
     */
    public Builder deliveryMode(DeliveryMode value) {
      properties.setDeliveryMode(value.toProto());
      return this;
    }

    /**
     * Sets the priority.
     *
     * @param value 0 to 255; of use to a queue with x-max-priority
     * @return this
     */
    public Builder priority(int value) {
      properties.setPriority(value);
      return this;
    }

    /**
     * Says which request a reply belongs to.
     *
     * @param value not read by the sidecar
     * @return this
     */
    public Builder correlationId(String value) {
      properties.setCorrelationId(value);
      return this;
    }

    /**
     * Says where a reply is wanted.
     *
     * @param value usually the name of a queue
     * @return this
     */
    public Builder replyTo(String value) {
      properties.setReplyTo(value);
      return this;
    }

    /**
     * Sets the time to live in the queue.
     *
     * @param value 0 to 4294967295 ms, rounded up to whole ones
     * @return this
     */
    public Builder expiration(Duration value) {
      properties.setExpiration(Fields.duration(value));
      return this;
    }

    /**
     * Sets the id that every try carries.
     *
     * @param value empty means that the stub makes a UUID
     * @return this
     */
    public Builder messageId(String value) {
      properties.setMessageId(value);
      return this;
    }

    /**
     * Sets the timestamp.
     *
     * @param value whole seconds, not before 1970
     * @return this
     */
    public Builder timestamp(Instant value) {
      properties.setTimestamp(Fields.timestamp(value));
      return this;
    }

    /**
     * Says what kind of message it is.
     *
     * @param value in the application's words
     * @return this
     */
    public Builder type(String value) {
      properties.setType(value);
      return this;
    }

    /**
     * Sets the user.
     *
     * @param value the broker refuses another than the one that the sidecar logged in as
     * @return this
     */
    public Builder userId(String value) {
      properties.setUserId(value);
      return this;
    }

    /**
     * Sets the application.
     *
     * @param value not read by the sidecar
     * @return this
     */
    public Builder appId(String value) {
      properties.setAppId(value);
      return this;
    }

    /**
     * Accepts that no binding routes the message: the broker drops it, and the result says so.
     *
     * @param value false unless set
     * @return this
     */
    public Builder allowUnroutable(boolean value) {
      allowUnroutable = value;
      return this;
    }

    /**
     * Bounds the whole, retries included.
     *
     * @param value above 0; 10 s unless set here or at the client
     * @return this
     * @throws IllegalArgumentException if it is not above 0
     */
    public Builder timeout(Duration value) {
      timeout = Checks.positive(value, "timeout");
      return this;
    }

    /** {@return the options; the builder may be used on} */
    public PublishOptions build() {
      return new PublishOptions(this);
    }
  }
}
