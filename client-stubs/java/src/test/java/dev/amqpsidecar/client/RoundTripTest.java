package dev.amqpsidecar.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.type.TypeReference;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("a message")
final class RoundTripTest {
  private record Order(int id, double total, List<String> tags) {}

  private final BlockingQueue<Delivery> deliveries = new ArrayBlockingQueue<>(10);
  private SidecarClient client;
  private String queue;

  @BeforeEach
  void subscribe() {
    client = World.shared().connect();
    queue =
        client
            .declare(
                List.of(),
                List.of(
                    new Queue(World.unique("round-trip")).withArgument("x-max-priority", 10)),
                List.of())
            .get(0);
    client.subscribe(queue, deliveries::add);
  }

  @AfterEach
  void close() {
    client.close();
  }

  private Delivery roundTrip(Object body, PublishOptions options) throws Exception {
    client.publish("", queue, body, options);
    return deliveries.poll(20, TimeUnit.SECONDS);
  }

  @Test
  void keepsHeadersOfEveryKind() throws Exception {
    Map<String, Object> headers = new LinkedHashMap<>();
    headers.put("string", "grüße");
    headers.put("empty", "");
    headers.put("long", Long.MIN_VALUE);
    headers.put("int", 1);
    headers.put("short", (short) 2);
    headers.put("byte", (byte) 3);
    headers.put("double", 0.1);
    headers.put("float", 0.5f);
    headers.put("yes", true);
    headers.put("no", false);
    headers.put("bytes", new byte[] {0, -1, 127});
    headers.put("time", Instant.ofEpochSecond(1_700_000_000));
    headers.put("list", List.of("a", 1L, List.of(), Map.of()));
    headers.put("map", Map.of("inner", Map.of("deep", true)));
    Map<String, Object> got =
        roundTrip(1, PublishOptions.builder().headers(headers).build()).headers();
    assertArrayEquals(new byte[] {0, -1, 127}, (byte[]) got.remove("bytes"));
    headers.remove("bytes");
    headers.put("int", 1L); // AMQP's integers are Longs here, and its floats are Doubles.
    headers.put("short", 2L);
    headers.put("byte", 3L);
    headers.put("float", 0.5);
    assertEquals(headers, got);
    for (Object wrong : Arrays.asList(new Object(), null, 'c', List.of(new Object()))) {
      assertThrows(
          IllegalArgumentException.class, () -> PublishOptions.builder().header("x", wrong));
    }
  }

  @Test
  void keepsEveryProperty() throws Exception {
    Instant time = Instant.ofEpochSecond(1_700_000_000);
    PublishOptions options =
        PublishOptions.builder()
            .contentType("text/plain")
            .contentEncoding("identity")
            .deliveryMode(DeliveryMode.TRANSIENT)
            .priority(7)
            .correlationId("c")
            .replyTo("r")
            .expiration(Duration.ofMillis(60_001))
            .messageId("m")
            .timestamp(time)
            .type("t")
            .userId("guest")
            .appId("a")
            .build();
    MessageProperties got = roundTrip("text".getBytes(), options).properties();
    assertEquals("text/plain", got.contentType());
    assertEquals("identity", got.contentEncoding());
    assertEquals(DeliveryMode.TRANSIENT, got.deliveryMode());
    assertEquals(7, got.priority());
    assertEquals("c", got.correlationId());
    assertEquals("r", got.replyTo());
    assertEquals(Optional.of(Duration.ofMillis(60_001)), got.expiration());
    assertEquals("m", got.messageId());
    assertEquals(Optional.of(time), got.timestamp());
    assertEquals("t", got.type());
    assertEquals("guest", got.userId());
    assertEquals("a", got.appId());
    // And again, as it came.
    MessageProperties again =
        roundTrip("text".getBytes(), PublishOptions.builder().properties(got).build())
            .properties();
    assertEquals(got.proto(), again.proto());
  }

  @Test
  void withoutOptionsIsPersistentJson() throws Exception {
    MessageProperties got = roundTrip(1, PublishOptions.DEFAULT).properties();
    assertEquals("application/json", got.contentType());
    assertEquals(DeliveryMode.PERSISTENT, got.deliveryMode());
    assertEquals(Optional.empty(), got.expiration());
    assertEquals(Optional.empty(), got.timestamp());
    assertEquals("", got.correlationId());
  }

  @Test
  void hasObjectsAsJsonAndBytesAsTheyAre() throws Exception {
    Order order = new Order(1, 9.5, List.of("new"));
    Delivery delivery = roundTrip(order, PublishOptions.DEFAULT);
    assertEquals("{\"id\":1,\"total\":9.5,\"tags\":[\"new\"]}", new String(delivery.body()));
    assertEquals(order, delivery.json(Order.class));
    assertEquals("\"text\"", new String(roundTrip("text", PublishOptions.DEFAULT).body()));
    assertEquals("[1]", new String(roundTrip("[1]".getBytes(), PublishOptions.DEFAULT).body()));
    Delivery list = roundTrip(List.of(order, order), PublishOptions.DEFAULT);
    assertEquals(List.of(order, order), list.json(new TypeReference<List<Order>>() {}));
    RejectException wrong =
        assertThrows(RejectException.class, () -> delivery.json(Integer.class));
    assertEquals(InvalidJsonException.class, wrong.getClass());
  }
}
