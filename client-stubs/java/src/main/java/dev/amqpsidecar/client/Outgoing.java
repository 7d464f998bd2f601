package dev.amqpsidecar.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import dev.amqpsidecar.v1.Message;
import dev.amqpsidecar.v1.Properties;

/** Makes the message of a publish: its id, its trace context, its body. */
final class Outgoing {
  private Outgoing() {}

  /** Throws SidecarException INVALID_BODY for what cannot be serialized. */
  static Message message(
      String exchange,
      String routingKey,
      Object body,
      PublishOptions options,
      ObjectMapper mapper) {
    Properties.Builder properties = options.properties().toBuilder();
    if (properties.getMessageId().isEmpty()) {
      properties.setMessageId(MessageIds.next());
    }
    Trace.PRESENT.inject(properties);
    return Message.newBuilder()
        .setExchange(exchange)
        .setRoutingKey(routingKey)
        .setBody(bytes(body, properties.getMessageId(), mapper))
        .setProperties(properties)
        .build();
  }

  private static ByteString bytes(Object body, String messageId, ObjectMapper mapper) {
    if (body instanceof byte[] bytes) {
      return ByteString.copyFrom(bytes);
    }
    try {
      return ByteString.copyFrom(mapper.writeValueAsBytes(body));
    } catch (JsonProcessingException e) {
      throw Errors.invalidBody(messageId, e);
    }
  }
}
