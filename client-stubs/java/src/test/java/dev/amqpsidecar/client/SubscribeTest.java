package dev.amqpsidecar.client;

import static dev.amqpsidecar.client.SubscriptionEvent.Kind.DISCONNECTED;
import static dev.amqpsidecar.client.SubscriptionEvent.Kind.INTERRUPTED;
import static dev.amqpsidecar.client.SubscriptionEvent.Kind.RESUBSCRIBED;
import static dev.amqpsidecar.client.SubscriptionEvent.Kind.SETTLE_FAILED;
import static dev.amqpsidecar.client.SubscriptionEvent.Kind.SUBSCRIBED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status.Code;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("a subscription")
final class SubscribeTest {
  private SidecarClient client;
  private final Events events = new Events();

  @BeforeEach
  void connect() {
    client = World.shared().connect();
  }

  @AfterEach
  void close() {
    client.close();
  }

  private String queue(String name) {
    return queue(new Queue(World.unique(name)));
  }

  private String queue(Queue queue) {
    return client.declare(List.of(), List.of(queue), List.of()).get(0);
  }

  private void awaitGone(String queue) throws InterruptedException {
    World.eventually("nothing is left", () -> client.getQueue(queue).messageCount() == 0);
  }

  private SubscribeOptions.Builder options() {
    return SubscribeOptions.builder().onEvent(events);
  }

  @Test
  void acksWhatItsHandlerReturnedFrom() throws Exception {
    String queue = queue("ack");
    List<Delivery> seen = new CopyOnWriteArrayList<>();
    Subscription subscription = client.subscribe(queue, seen::add, options().build());
    PublishOptions named = PublishOptions.builder().messageId("m1").build();
    client.publish("", queue, Map.of("order_id", 7), named);
    World.eventually("it comes", () -> seen.size() == 1);
    subscription.stop();
    Delivery delivery = seen.get(0);
    assertEquals(7, delivery.json().get("order_id").asInt());
    assertEquals(queue, delivery.queue());
    assertEquals(queue, delivery.routingKey());
    assertEquals("", delivery.exchange());
    assertEquals("m1", delivery.messageId());
    assertEquals(1, delivery.attempt());
    assertFalse(delivery.redelivered());
    assertEquals("", delivery.invalidReason());
    assertEquals(delivery.raw().getBody().size(), delivery.body().length);
    assertEquals(0, client.getQueue(queue).messageCount());
    assertEquals(List.of(SUBSCRIBED), events.kinds());
    subscription.await(); // It has ended, and well.
  }

  @Test
  void nacksWhatItsHandlerFailedOnSoThatItComesAgain() throws Exception {
    String queue = queue("nack");
    List<Boolean> redelivered = new CopyOnWriteArrayList<>();
    Subscription subscription =
        client.subscribe(
            queue,
            delivery -> {
              redelivered.add(delivery.redelivered());
              if (redelivered.size() == 1) {
                throw new java.io.IOException("not now");
              }
            },
            options().build());
    client.publish("", queue, 1);
    World.eventually("it comes again", () -> redelivered.size() == 2);
    subscription.stop();
    assertEquals(List.of(false, true), redelivered);
    assertEquals(0, client.getQueue(queue).messageCount());
  }

  @Test
  void triesByItsPolicyAndDeadLettersAfterTheLastAttempt() throws Exception {
    String queue = queue("policy");
    List<Integer> attempts = new CopyOnWriteArrayList<>();
    RetryPolicy policy =
        RetryPolicy.maxAttempts(2).withBackoff(Duration.ofMillis(50), Duration.ofSeconds(1));
    Subscription subscription =
        client.subscribe(
            queue,
            delivery -> {
              attempts.add(delivery.attempt());
              throw new AssertionError("even an error"); // Not an Exception.
            },
            options().retry(policy).build());
    client.publish("", queue, 1);
    World.eventually(
        "it is dead",
        () -> {
          try {
            return client.getQueue(queue + ".dead").messageCount() == 1;
          } catch (SidecarException e) {
            return false;
          }
        });
    subscription.stop();
    assertEquals(List.of(1, 2), attempts);
  }

  @Test
  void deadLettersWhatItsHandlerRejectsAndWhatIsNoJson() throws Exception {
    String dead = queue("dead");
    String exchange = World.unique("dead-letters");
    client.declare(
        List.of(new Exchange(exchange, "fanout")),
        List.of(),
        List.of(new Binding(dead, exchange, "")));
    String queue = queue("reject");
    List<String> reasons = new CopyOnWriteArrayList<>();
    RetryPolicy policy = RetryPolicy.maxAttempts(5).withDeadLetter(exchange, "");
    Subscription subscription =
        client.subscribe(
            queue,
            delivery -> {
              if (delivery.json().isObject()) {
                throw new RejectException("ü".repeat(700)); // Too long: it is cut.
              }
            },
            options().retry(policy).build());
    Subscription burial =
        client.subscribe(
            dead,
            delivery -> reasons.add(delivery.headers().get("x-sidecar-reason").toString()));
    client.publish("", queue, Map.of());
    PublishOptions text = PublishOptions.builder().contentType("text/plain").build();
    client.publish("", queue, "{".getBytes(), text);
    client.publish("", queue, new byte[0], text);
    World.eventually("all are dead", () -> reasons.size() == 3);
    subscription.stop();
    burial.stop();
    assertTrue(reasons.contains("ü".repeat(512)), reasons.toString());
    assertEquals(
        2, reasons.stream().filter(reason -> reason.contains("not the JSON")).count());
    assertEquals(List.of(SUBSCRIBED), events.kinds());
  }

  @Test
  void waitsAsLongAsARetryExceptionSays() throws Exception {
    String queue = queue("delay");
    List<Long> times = new CopyOnWriteArrayList<>();
    Subscription subscription =
        client.subscribe(
            queue,
            delivery -> {
              times.add(System.nanoTime());
              if (times.size() == 1) {
                throw new RetryException(Duration.ofMillis(400));
              }
            },
            options().build());
    client.publish("", queue, 1);
    World.eventually("it comes again", () -> times.size() == 2);
    subscription.stop();
    assertTrue(times.get(1) - times.get(0) >= 390_000_000L);
    assertThrows(
        IllegalArgumentException.class, () -> new RetryException(Duration.ofMillis(9)));
  }

  @Test
  void runsAsManyHandlersAsItsConcurrencyAndNeverMore() throws Exception {
    String queue = queue("concurrency");
    try (Publisher publisher = client.publisher()) {
      for (int i = 0; i < 200; i++) {
        publisher.publish("", queue, i);
      }
    }
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    AtomicInteger done = new AtomicInteger();
    CountDownLatch five = new CountDownLatch(5);
    Subscription subscription =
        client.subscribe(
            queue,
            delivery -> {
              most.accumulateAndGet(running.incrementAndGet(), Math::max);
              five.countDown();
              assertTrue(five.await(10, TimeUnit.SECONDS), "five run at once");
              running.decrementAndGet();
              done.incrementAndGet();
            },
            options().concurrency(5).build());
    World.eventually("all are done", () -> done.get() == 200);
    subscription.stop();
    assertEquals(5, most.get());
  }

  @Test
  void holdsNoMoreThanItsPrefetch() throws Exception {
    String queue = queue("prefetch");
    for (int i = 0; i < 10; i++) {
      client.publish("", queue, i);
    }
    CountDownLatch letGo = new CountDownLatch(1);
    Subscription subscription =
        client.subscribe(
            queue, delivery -> letGo.await(), options().prefetch(3).build());
    World.eventually("three are out", () -> client.getQueue(queue).messageCount() == 7);
    letGo.countDown();
    awaitGone(queue);
    subscription.stop();
  }

  @Test
  void extendsTheDeadlineOfWhatItHoldsAsLongAsItsHandlerWorks() throws Exception {
    String queue = queue("extend");
    AtomicInteger deliveries = new AtomicInteger();
    AtomicInteger done = new AtomicInteger();
    Subscription subscription =
        client.subscribe(
            queue,
            delivery -> {
              deliveries.incrementAndGet();
              Thread.sleep(delivery.json(Integer.class));
              done.incrementAndGet();
            },
            options().ackDeadline(Duration.ofSeconds(1)).build());
    client.publish("", queue, 3000);
    client.publish("", queue, 1); // Waits here meanwhile, held as well.
    World.eventually("both are done", () -> done.get() == 2);
    subscription.stop();
    assertEquals(2, deliveries.get());
    assertEquals(0, client.getQueue(queue).messageCount());
    assertEquals(List.of(SUBSCRIBED), events.kinds());
  }

  @Test
  void saysThatADeadlineCannotBeExtended() throws Exception {
    Map<String, ?> config = Map.of("subscribe", Map.of("broker_consumer_timeout", "2s"));
    try (SidecarClient strict = World.start(Map.of("config", config)).connect()) {
      String queue = queue("limit");
      client.publish("", queue, 1);
      CountDownLatch letGo = new CountDownLatch(1);
      CountDownLatch again = new CountDownLatch(1);
      SubscribeOptions options =
          options().ackDeadline(Duration.ofMillis(1500)).concurrency(2).build();
      Subscription subscription =
          strict.subscribe(
              queue,
              delivery -> {
                if (!delivery.redelivered()) {
                  letGo.await();
                }
                again.countDown();
              },
              options);
      events.await(SETTLE_FAILED, 1);
      assertEquals(Reason.DEADLINE_LIMIT, events.all.get(1).reason());
      assertFalse(events.all.get(1).deliveryId().isEmpty());
      assertTrue(again.await(20, TimeUnit.SECONDS), "it went back, and comes again");
      letGo.countDown(); // Too late, which is told, once.
      events.await(SETTLE_FAILED, 2);
      assertEquals(Reason.DEADLINE_EXPIRED, events.all.get(2).reason());
      awaitGone(queue);
      subscription.stop();
      assertEquals(3, events.all.size(), events.all.toString());
    }
  }

  @Test
  void losesNothingWhenTheSidecarIsKilledAndComesBackByItself() throws Exception {
    World.Sidecar sidecar = World.start(Map.of());
    try (SidecarClient other = sidecar.connect()) {
      String queue = queue("killed");
      int count = 500;
      try (Publisher publisher = client.publisher()) {
        for (int i = 0; i < count; i++) {
          publisher.publish("", queue, i);
        }
      }
      Set<Integer> seen = ConcurrentHashMap.newKeySet();
      CountDownLatch some = new CountDownLatch(100);
      Subscription subscription =
          other.subscribe(
              queue,
              delivery -> {
                seen.add(delivery.json(Integer.class));
                some.countDown();
                Thread.sleep(1);
              },
              options().concurrency(2).build());
      assertTrue(some.await(20, TimeUnit.SECONDS));
      sidecar.kill();
      events.await(DISCONNECTED, 1);
      sidecar.restart();
      World.eventually("all have come", () -> seen.size() == count);
      awaitGone(queue);
      subscription.stop();
      assertEquals(
          List.of(SUBSCRIBED, DISCONNECTED, SUBSCRIBED), events.kindsButInterrupted());
      assertEquals(Reason.SIDECAR_UNAVAILABLE, events.all.get(1).reason());
    }
  }

  @Test
  void dropsWhatWasNotBegunWhenTheLinkIsLostAndTellsOfWhatWasSettledTooLate() throws Exception {
    World.Sidecar sidecar = World.start(Map.of("proxy", true));
    try (SidecarClient other = sidecar.connect()) {
      String queue = queue("cut");
      for (int i = 0; i < 5; i++) {
        client.publish("", queue, i);
      }
      CountDownLatch letGo = new CountDownLatch(1);
      List<Integer> begun = new CopyOnWriteArrayList<>();
      Subscription subscription =
          other.subscribe(
              queue,
              delivery -> {
                begun.add(delivery.json(Integer.class));
                letGo.await();
              },
              options().build());
      World.eventually("all are held", () -> client.getQueue(queue).messageCount() == 0);
      World.eventually("one has begun", () -> begun.size() == 1);
      sidecar.cut();
      events.await(RESUBSCRIBED, 1);
      letGo.countDown();
      events.await(SETTLE_FAILED, 1);
      World.eventually("all are done, the first twice", () -> begun.size() == 6);
      awaitGone(queue);
      subscription.stop();
      assertEquals(
          List.of(SUBSCRIBED, INTERRUPTED, RESUBSCRIBED, SETTLE_FAILED), events.kinds());
      assertEquals(Reason.STALE_DELIVERY, events.all.get(3).reason());
    }
  }

  @Test
  void endsWithTheReasonWhereWaitingDoesNotMendIt() throws Exception {
    Subscription missing = client.subscribe("no-such-queue", delivery -> {});
    Expect.failure(missing.done(), Code.NOT_FOUND, Reason.QUEUE_NOT_FOUND,
        Persisted.UNSPECIFIED, false);
    Expect.failure(missing::await, Code.NOT_FOUND, Reason.QUEUE_NOT_FOUND);

    String queue = queue("exclusive");
    SubscribeOptions exclusive = options().exclusive(true).build();
    Subscription first = client.subscribe(queue, delivery -> {}, exclusive);
    events.await(SUBSCRIBED, 1);
    Subscription second = client.subscribe(queue, delivery -> {});
    Expect.failure(second.done(), Code.FAILED_PRECONDITION, Reason.QUEUE_EXCLUSIVE,
        Persisted.UNSPECIFIED, false);
    first.stop();

    RetryPolicy wrong =
        RetryPolicy.maxAttempts(1).withBackoff(Duration.ofNanos(1), Duration.ofNanos(1));
    Subscription invalid =
        client.subscribe(queue, delivery -> {}, options().retry(wrong).build());
    Expect.failure(invalid.done(), Code.INVALID_ARGUMENT, Reason.INVALID_SUBSCRIPTION,
        Persisted.UNSPECIFIED, false);
  }

  @Test
  void bindsAQueueOfItsOwn() throws Exception {
    String exchange = World.unique("topic");
    client.declare(List.of(new Exchange(exchange, "topic")), List.of(), List.of());
    List<String> keys = new CopyOnWriteArrayList<>();
    Subscription subscription =
        client.subscribe(
            "",
            delivery -> keys.add(delivery.routingKey()),
            options().bindings(List.of(new Binding("", exchange, "order.*"))).build());
    events.await(SUBSCRIBED, 1);
    client.publish(exchange, "order.created", 1);
    World.eventually("it comes", () -> keys.equals(List.of("order.created")));
    subscription.stop();
  }

  @Test
  void survivesAnOnEventThatThrowsAndLogsWithoutOne() throws Exception {
    String queue = queue("log");
    PublishOptions named = PublishOptions.builder().messageId("the-message-id").build();
    List<String> lines;
    try (CapturedLog log = new CapturedLog()) {
      AtomicInteger seen = new AtomicInteger();
      Subscription throwing =
          client.subscribe(
              queue,
              delivery -> {
                if (seen.incrementAndGet() == 1) {
                  throw new IllegalStateException("the-cause");
                }
              },
              SubscribeOptions.builder()
                  .onEvent(
                      event -> {
                        throw new IllegalStateException("onEvent-throws");
                      })
                  .build());
      client.publish("", queue, "the-body", named);
      World.eventually("twice", () -> seen.get() == 2);
      throwing.stop();
      World.eventually("the callback's", () -> log.text().contains("onEvent-throws"));
      Subscription plain = client.subscribe(queue, delivery -> {});
      World.eventually("the event", () -> log.text().contains("SUBSCRIBED"));
      plain.stop();
      lines = new ArrayList<>(log.lines());
    }
    String all = String.join("\n", lines);
    assertTrue(all.contains("WARNING the handler of \"" + queue + "\""), all);
    assertTrue(all.contains("the-message-id") && all.contains("the-cause"), all);
    assertFalse(all.contains("the-body"), all);
  }
}
