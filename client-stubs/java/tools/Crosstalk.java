import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.amqpsidecar.client.Delivery;
import dev.amqpsidecar.client.DeliveryMode;
import dev.amqpsidecar.client.MessageProperties;
import dev.amqpsidecar.client.PublishOptions;
import dev.amqpsidecar.client.SidecarClient;
import dev.amqpsidecar.client.SubscribeOptions;
import dev.amqpsidecar.client.Subscription;
import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * One end of the tests between languages (tests/stubs/cross.py has the form of a message).
 *
 * <pre>
 * publish FILE EXCHANGE KEY   publishes every message of FILE
 * consume QUEUE COUNT         prints COUNT messages as one JSON array
 * </pre>
 */
final class Crosstalk {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  public static void main(String[] args) throws IOException, InterruptedException {
    try (SidecarClient client = SidecarClient.connect()) {
      if (args.length == 4 && args[0].equals("publish")) {
        for (JsonNode message : MAPPER.readTree(new File(args[1]))) {
          byte[] body = Base64.getDecoder().decode(message.get("body").asText());
          client.publish(args[2], args[3], body, options(message));
        }
      } else if (args.length == 3 && args[0].equals("consume")) {
        System.out.println(MAPPER.writeValueAsString(consume(client, args[1], args[2])));
      } else {
        System.err.println("usage: crosstalk publish FILE EXCHANGE KEY | consume QUEUE COUNT");
        System.exit(64);
      }
    }
  }

  private static ArrayNode consume(SidecarClient client, String queue, String count)
      throws InterruptedException {
    ArrayNode messages = MAPPER.createArrayNode();
    int wanted = Integer.parseInt(count);
    CountDownLatch left = new CountDownLatch(wanted);
    Subscription subscription =
        client.subscribe(
            queue,
            delivery -> {
              messages.add(message(delivery));
              left.countDown();
            },
            SubscribeOptions.builder().prefetch(wanted).build());
    if (!left.await(60, TimeUnit.SECONDS)) {
      throw new IllegalStateException(left.getCount() + " messages did not come");
    }
    subscription.stop();
    return messages;
  }

  private static PublishOptions options(JsonNode message) {
    PublishOptions.Builder options = PublishOptions.builder();
    message
        .get("properties")
        .fields()
        .forEachRemaining(entry -> set(options, entry.getKey(), entry.getValue()));
    message
        .get("headers")
        .fields()
        .forEachRemaining(entry -> options.header(entry.getKey(), value(entry.getValue())));
    return options.build();
  }

  private static void set(PublishOptions.Builder options, String name, JsonNode value) {
    switch (name) {
      case "content_type" -> options.contentType(value.asText());
      case "content_encoding" -> options.contentEncoding(value.asText());
      case "delivery_mode" ->
          options.deliveryMode(
              value.asInt() == 1 ? DeliveryMode.TRANSIENT : DeliveryMode.PERSISTENT);
      case "priority" -> options.priority(value.asInt());
      case "correlation_id" -> options.correlationId(value.asText());
      case "reply_to" -> options.replyTo(value.asText());
      case "expiration_ms" -> options.expiration(Duration.ofMillis(value.asLong()));
      case "message_id" -> options.messageId(value.asText());
      case "timestamp" -> options.timestamp(Instant.ofEpochSecond(value.asLong()));
      case "type" -> options.type(value.asText());
      case "user_id" -> options.userId(value.asText());
      case "app_id" -> options.appId(value.asText());
      default -> throw new IllegalArgumentException("unknown property " + name);
    }
  }

  private static Object value(JsonNode typed) {
    Map.Entry<String, JsonNode> entry = typed.fields().next();
    JsonNode value = entry.getValue();
    return switch (entry.getKey()) {
      case "string" -> value.asText();
      case "int" -> Long.valueOf(value.asText());
      case "double" -> value.asDouble();
      case "bool" -> value.asBoolean();
      case "bytes" -> Base64.getDecoder().decode(value.asText());
      case "timestamp" -> Instant.ofEpochSecond(value.asLong());
      case "array" -> {
        List<Object> list = new ArrayList<>();
        value.forEach(element -> list.add(value(element)));
        yield list;
      }
      case "table" -> {
        Map<String, Object> map = new LinkedHashMap<>();
        value.fields().forEachRemaining(field -> map.put(field.getKey(), value(field.getValue())));
        yield map;
      }
      default -> throw new IllegalArgumentException("unknown type " + entry.getKey());
    };
  }

  private static ObjectNode message(Delivery delivery) {
    ObjectNode message = MAPPER.createObjectNode();
    message.put("body", Base64.getEncoder().encodeToString(delivery.body()));
    ObjectNode properties = message.putObject("properties");
    MessageProperties from = delivery.properties();
    text(properties, "content_type", from.contentType());
    text(properties, "content_encoding", from.contentEncoding());
    if (from.deliveryMode() != DeliveryMode.UNSPECIFIED) {
      properties.put("delivery_mode", from.deliveryMode() == DeliveryMode.TRANSIENT ? 1 : 2);
    }
    if (from.priority() != 0) {
      properties.put("priority", from.priority());
    }
    text(properties, "correlation_id", from.correlationId());
    text(properties, "reply_to", from.replyTo());
    from.expiration().ifPresent(value -> properties.put("expiration_ms", value.toMillis()));
    text(properties, "message_id", from.messageId());
    from.timestamp().ifPresent(value -> properties.put("timestamp", value.getEpochSecond()));
    text(properties, "type", from.type());
    text(properties, "user_id", from.userId());
    text(properties, "app_id", from.appId());
    message.set("headers", table(from.headers()));
    return message;
  }

  private static void text(ObjectNode properties, String name, String value) {
    if (!value.isEmpty()) {
      properties.put(name, value);
    }
  }

  private static ObjectNode table(Map<?, ?> map) {
    ObjectNode table = MAPPER.createObjectNode();
    map.forEach((name, value) -> table.set((String) name, typed(value)));
    return table;
  }

  private static ObjectNode typed(Object value) {
    ObjectNode typed = MAPPER.createObjectNode();
    if (value instanceof String text) {
      typed.put("string", text);
    } else if (value instanceof Long number) {
      typed.put("int", number.toString());
    } else if (value instanceof Double number) {
      typed.put("double", number);
    } else if (value instanceof Boolean flag) {
      typed.put("bool", flag);
    } else if (value instanceof byte[] bytes) {
      typed.put("bytes", Base64.getEncoder().encodeToString(bytes));
    } else if (value instanceof Instant time) {
      typed.put("timestamp", time.getEpochSecond());
    } else if (value instanceof List<?> list) {
      ArrayNode array = typed.putArray("array");
      list.forEach(element -> array.add(typed(element)));
    } else if (value instanceof Map<?, ?> map) {
      typed.set("table", table(map));
    } else {
      throw new IllegalArgumentException("unknown value " + value);
    }
    return typed;
  }
}
