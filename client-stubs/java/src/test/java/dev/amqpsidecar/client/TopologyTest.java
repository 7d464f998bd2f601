package dev.amqpsidecar.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status.Code;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("topology")
final class TopologyTest {
  private SidecarClient client;

  @BeforeEach
  void connect() {
    client = World.shared().connect();
  }

  @AfterEach
  void close() {
    client.close();
  }

  private String declare(Queue queue) {
    return client.declare(List.of(), List.of(queue), List.of()).get(0);
  }

  @Test
  void isDeclaredUsedAndRemoved() {
    String exchange = World.unique("exchange");
    String name = World.unique("queue");
    Binding binding = new Binding(name, exchange, "order.*");
    List<String> names =
        client.declare(
            List.of(new Exchange(exchange, "topic").withAutoDelete(false)),
            List.of(new Queue(name).withType(QueueType.CLASSIC), new Queue("").withExclusive(true)),
            List.of(binding));
    assertEquals(2, names.size());
    assertEquals(name, names.get(0));
    assertFalse(names.get(1).isEmpty(), "the sidecar has chosen one");
    assertTrue(client.publish(exchange, "order.created", 1).routed());
    assertEquals(new QueueInfo(name, 1, 0), client.getQueue(name));
    client.unbind(binding);
    Expect.failure(
        () -> client.publish(exchange, "order.created", 1),
        Code.FAILED_PRECONDITION,
        Reason.UNROUTABLE,
        Persisted.NO,
        false);
    assertEquals(1, client.purgeQueue(name));
    assertEquals(0, client.deleteQueue(name, true, true));
    client.deleteExchange(exchange, true);
    client.deleteExchange(exchange, false); // Gone is gone.
    assertEquals(0, client.deleteQueue(name, false, false));
    Expect.failure(() -> client.getQueue(name), Code.NOT_FOUND, Reason.QUEUE_NOT_FOUND);
    Expect.failure(() -> client.purgeQueue(name), Code.NOT_FOUND, Reason.QUEUE_NOT_FOUND);
  }

  @Test
  void routesByHeaders() {
    String exchange = World.unique("headers");
    String queue = declare(new Queue(World.unique("matching")));
    client.declare(
        List.of(new Exchange(exchange, "headers")),
        List.of(),
        List.of(new Binding(queue, exchange, "", Map.of("x-match", "all", "kind", 7))));
    PublishOptions matching = PublishOptions.builder().header("kind", 7).build();
    assertTrue(client.publish(exchange, "", 1, matching).routed());
  }

  @Test
  void failsWithTheReason() {
    String queue = declare(new Queue(World.unique("conflict")));
    SidecarException conflict =
        Expect.failure(
            () -> declare(new Queue(queue).withArgument("x-message-ttl", 1000)),
            Code.FAILED_PRECONDITION,
            Reason.TOPOLOGY_CONFLICT);
    assertTrue(conflict.detail().contains("x-message-ttl"), conflict.detail());
    Expect.failure(
        () -> declare(new Queue("amq.mine")), Code.PERMISSION_DENIED, Reason.ACCESS_REFUSED);
    Expect.failure(
        () -> client.unbind(new Binding(queue, "", "key")),
        Code.INVALID_ARGUMENT,
        Reason.INVALID_TOPOLOGY);
    Expect.failure(
        () ->
            client.declare(
                List.of(), List.of(), List.of(new Binding(queue, "no-such-exchange", ""))),
        Code.NOT_FOUND,
        Reason.EXCHANGE_NOT_FOUND);
    client.publish("", queue, 1);
    Expect.failure(
        () -> client.deleteQueue(queue, false, true),
        Code.FAILED_PRECONDITION,
        Reason.QUEUE_NOT_EMPTY);
  }

  @Test
  void failsWithQueueInUseWhereSomebodyConsumes() throws Exception {
    String queue = declare(new Queue(World.unique("used")));
    Subscription subscription = client.subscribe(queue, delivery -> {});
    World.eventually("it consumes", () -> client.getQueue(queue).consumerCount() == 1);
    Expect.failure(
        () -> client.deleteQueue(queue, true, false),
        Code.FAILED_PRECONDITION,
        Reason.QUEUE_IN_USE);
    subscription.stop();
  }

  @Test
  void failsWithAccessRefusedWhereItIsSomebodyElses() {
    Map<String, ?> config = Map.of("topology", Map.of("mode", "none"));
    try (SidecarClient other = World.start(Map.of("config", config)).connect()) {
      Expect.failure(
          () -> other.declare(List.of(), List.of(new Queue("mine")), List.of()),
          Code.PERMISSION_DENIED,
          Reason.ACCESS_REFUSED);
    }
  }

  @Test
  void failsWithinItsTimeoutWhereTheSidecarOrTheBrokerIsNotThere() {
    try (SidecarClient nowhere =
        SidecarClient.builder()
            .address("/nowhere/sidecar.sock")
            .timeout(java.time.Duration.ofMillis(300))
            .build()) {
      Expect.failure(
          () -> nowhere.getQueue("queue"), Code.DEADLINE_EXCEEDED, Reason.SIDECAR_UNAVAILABLE);
    }
    World.Sidecar lonely = World.start(Map.of("broker", false));
    try (SidecarClient there =
        SidecarClient.builder()
            .address(lonely.address())
            .timeout(java.time.Duration.ofMillis(500))
            .build()) {
      Expect.failure(
          () -> there.getQueue("queue"), Code.UNAVAILABLE, Reason.BROKER_UNAVAILABLE);
    }
  }
}
