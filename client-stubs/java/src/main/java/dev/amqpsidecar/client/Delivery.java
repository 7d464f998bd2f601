package dev.amqpsidecar.client;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Map;

/** A message from a queue. Valid for as long as you keep it. */
public final class Delivery {
  private final dev.amqpsidecar.v1.Delivery proto;
  private final ObjectMapper mapper;

  Delivery(dev.amqpsidecar.v1.Delivery proto, ObjectMapper mapper) {
    this.proto = proto;
    this.mapper = mapper;
  }

  /** {@return the body, byte for byte as published; a copy} */
  public byte[] body() {
    return proto.getBody().toByteArray();
  }

  /**
   * Reads the body as JSON.
   *
   * @return its tree
   * @throws InvalidJsonException if it is none; thrown on by the handler, that rejects the message
   */
  public JsonNode json() {
    return json(JsonNode.class);
  }

  /**
   * Reads the body as JSON.
   *
   * @param <T> what it becomes
   * @param type of a record, a class, a Map
   * @return an object of it
   * @throws InvalidJsonException if it is no JSON, or no such object; thrown on by the handler, it
   *     rejects the message
   */
  public <T> T json(Class<T> type) {
    try {
      return checked(mapper.readValue(proto.getBody().toByteArray(), type));
    } catch (IOException e) {
      throw invalid(e);
    }
  }

  /**
   * Reads the body as JSON.
   *
   * @param <T> what it becomes
   * @param type with type arguments, such as {@code new TypeReference<List<Order>>() {}}
   * @return an object of it
   * @throws InvalidJsonException as above
   */
  public <T> T json(TypeReference<T> type) {
    try {
      return checked(mapper.readValue(proto.getBody().toByteArray(), type));
    } catch (IOException e) {
      throw invalid(e);
    }
  }

  /** {@return where it was published; empty is the default exchange} */
  public String exchange() {
    return proto.getExchange();
  }

  /** {@return what it was published with} */
  public String routingKey() {
    return proto.getRoutingKey();
  }

  /** {@return the subscription's queue} */
  public String queue() {
    return proto.getQueue();
  }

  /** {@return as {@link MessageProperties#headers}} */
  public Map<String, Object> headers() {
    return properties().headers();
  }

  /** {@return as published} */
  public MessageProperties properties() {
    return new MessageProperties(proto.getProperties());
  }

  /** {@return by which a second delivery of the message is known} */
  public String messageId() {
    return proto.getProperties().getMessageId();
  }

  /** {@return true where the broker may have delivered this message before} */
  public boolean redelivered() {
    return proto.getRedelivered();
  }

  /** {@return 1 for the first; counts on where the broker or a retry policy counts} */
  public int attempt() {
    return proto.getAttempt();
  }

  /** {@return what the sidecar found wrong with the body; else empty} */
  public String invalidReason() {
    return proto.getInvalidReason();
  }

  /** {@return the message of the API, for what is not here} */
  public dev.amqpsidecar.v1.Delivery raw() {
    return proto;
  }

  private static <T> T checked(T value) throws IOException {
    if (value instanceof JsonNode node && node.isMissingNode()) {
      throw new IOException("it is empty");
    }
    return value;
  }

  private static InvalidJsonException invalid(IOException cause) {
    // Jackson's own message would quote the body.
    String where =
        cause instanceof com.fasterxml.jackson.core.JsonProcessingException e
                && e.getLocation() != null
            ? " (line " + e.getLocation().getLineNr()
                + ", column " + e.getLocation().getColumnNr() + ")"
            : "";
    return new InvalidJsonException("the body is not the JSON expected" + where, null);
  }
}
