package dev.amqpsidecar.client;

import static dev.amqpsidecar.client.SubscriptionEvent.Kind.DISCONNECTED;
import static dev.amqpsidecar.client.SubscriptionEvent.Kind.DRAINING;
import static dev.amqpsidecar.client.SubscriptionEvent.Kind.SUBSCRIBED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status.Code;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("stopping a subscription")
final class StopTest {
  private SidecarClient client;
  private final Events events = new Events();
  private final CountDownLatch letGo = new CountDownLatch(1);
  private final AtomicInteger begun = new AtomicInteger();

  @BeforeEach
  void connect() {
    client = World.shared().connect();
  }

  @AfterEach
  void close() {
    letGo.countDown();
    client.close();
  }

  private String queueOf(int count, String name, Queue queue) {
    String made =
        client.declare(List.of(), List.of(queue), List.of()).get(0);
    for (int i = 0; i < count; i++) {
      client.publish("", made, i);
    }
    return made;
  }

  private String queueOf(int count, String name) {
    return queueOf(count, name, new Queue(World.unique(name)));
  }

  private Subscription hold(SidecarClient by, String queue, SubscribeOptions.Builder options) {
    return by.subscribe(
        queue,
        delivery -> {
          begun.incrementAndGet();
          letGo.await();
        },
        options.onEvent(events).build());
  }

  @Test
  void letsHandlersFinishAndGivesTheRestBackWithoutAnAttempt() throws Exception {
    String queue = queueOf(10, "stop");
    RetryPolicy policy = RetryPolicy.maxAttempts(2);
    Subscription subscription =
        hold(client, queue, SubscribeOptions.builder().concurrency(3).retry(policy));
    World.eventually("three have begun", () -> begun.get() == 3);
    World.eventually("all are held", () -> client.getQueue(queue).messageCount() == 0);
    CompletableFuture<Void> stopping = CompletableFuture.runAsync(subscription::stop);
    World.eventually("the rest is back", () -> client.getQueue(queue).messageCount() == 7);
    assertFalse(stopping.isDone());
    letGo.countDown();
    stopping.get(20, TimeUnit.SECONDS);
    assertEquals(3, begun.get());
    assertEquals(7, client.getQueue(queue).messageCount());
    subscription.await();
    assertEquals(List.of(SUBSCRIBED), events.kinds());
    List<Integer> attempts = new CopyOnWriteArrayList<>();
    Subscription next = client.subscribe(queue, delivery -> attempts.add(delivery.attempt()));
    World.eventually("they come", () -> attempts.size() == 7);
    next.stop();
    assertEquals(List.of(1, 1, 1, 1, 1, 1, 1), attempts);
  }

  @Test
  void settlesByTheCallWhateverTheHandlerSaid() throws Exception {
    String queue = queueOf(3, "verbs");
    CountDownLatch all = new CountDownLatch(3);
    Subscription subscription =
        client.subscribe(
            queue,
            delivery -> {
              all.countDown();
              letGo.await();
              switch (delivery.json(Integer.class)) {
                case 1 -> throw new RejectException("one");
                case 2 -> throw new RetryException(Duration.ofMillis(100));
                default -> {}
              }
            },
            SubscribeOptions.builder().concurrency(3).onEvent(events).build());
    assertTrue(all.await(20, TimeUnit.SECONDS));
    CompletableFuture<Void> stopping = CompletableFuture.runAsync(subscription::stop);
    World.eventually("no consumer", () -> client.getQueue(queue).consumerCount() == 0);
    letGo.countDown();
    stopping.get(20, TimeUnit.SECONDS);
    World.eventually("2 is back", () -> client.getQueue(queue).messageCount() == 1);
    assertEquals(List.of(SUBSCRIBED), events.kinds());
  }

  @Test
  void extendsTheDeadlineOfARunningHandlerToo() throws Exception {
    String queue = queueOf(1, "stop-extend");
    Subscription subscription =
        client.subscribe(
            queue,
            delivery -> {
              begun.incrementAndGet();
              Thread.sleep(2000);
            },
            SubscribeOptions.builder().ackDeadline(Duration.ofSeconds(1)).onEvent(events).build());
    World.eventually("it has begun", () -> begun.get() == 1);
    subscription.stop();
    assertEquals(0, client.getQueue(queue).messageCount());
    assertEquals(List.of(SUBSCRIBED), events.kinds());
  }

  @Test
  void reportsWhatDidNotFinishInTime() throws Exception {
    String queue = queueOf(2, "late");
    Subscription subscription = hold(client, queue, SubscribeOptions.builder());
    World.eventually("one has begun", () -> begun.get() == 1);
    Expect.failure(
        () -> subscription.stop(Duration.ofMillis(300)), Code.DEADLINE_EXCEEDED, "");
    World.eventually("both are back", () -> client.getQueue(queue).messageCount() == 2);
    subscription.await();
  }

  @Test
  void isQuickWhereThereIsNoSidecar() throws Exception {
    try (SidecarClient nowhere = SidecarClient.connect("/nowhere/sidecar.sock")) {
      Subscription subscription = hold(nowhere, "queue", SubscribeOptions.builder());
      subscription.stop(Duration.ofSeconds(2));
      subscription.await();
    }
  }

  @Test
  void isQuickForAStreamQueueThatTakesNothingBack() throws Exception {
    String queue = queueOf(5, "log", new Queue(World.unique("log")).withType(QueueType.STREAM));
    Subscription subscription =
        hold(
            client,
            queue,
            SubscribeOptions.builder()
                .ackDeadline(Duration.ZERO) // A stream takes nothing back.
                .arguments(Map.of("x-stream-offset", "first")));
    World.eventually("one has begun", () -> begun.get() == 1 || subscription.done().isDone());
    CompletableFuture<Void> stopping =
        CompletableFuture.runAsync(() -> subscription.stop(Duration.ofSeconds(10)));
    letGo.countDown();
    stopping.get(5, TimeUnit.SECONDS);
    subscription.await();
  }

  @Test
  void atOnceByCloseHasEverythingComeAgain() throws Exception {
    String queue = queueOf(4, "close");
    Subscription subscription = hold(client, queue, SubscribeOptions.builder());
    World.eventually("one has begun", () -> begun.get() == 1);
    subscription.close();
    World.eventually("all are back", () -> client.getQueue(queue).messageCount() == 4);
    subscription.await();
    letGo.countDown();
    assertEquals(4, client.getQueue(queue).messageCount());
  }

  @Test
  void byADrainOfTheSidecarGivesBackWhatWasNotBegun() throws Exception {
    World.Sidecar sidecar = World.start(Map.of());
    try (SidecarClient other = sidecar.connect()) {
      String queue = queueOf(5, "draining");
      Subscription subscription = hold(other, queue, SubscribeOptions.builder());
      World.eventually("one has begun", () -> begun.get() == 1);
      World.eventually("all are held", () -> client.getQueue(queue).messageCount() == 0);
      sidecar.terminate();
      events.await(DRAINING, 1);
      World.eventually("four are back", () -> client.getQueue(queue).messageCount() == 4);
      letGo.countDown(); // This one is settled on the stream.
      assertEquals(0, sidecar.ended());
      events.await(DISCONNECTED, 1);
      assertEquals(Reason.DRAINING, events.all.get(2).reason());
      assertEquals(4, client.getQueue(queue).messageCount());
      sidecar.restart();
      World.eventually("the rest is done", () -> begun.get() == 5);
      subscription.stop();
      assertEquals(0, client.getQueue(queue).messageCount());
      // It may have tried while the sidecar was not quite gone: told each time.
      assertEquals(
          List.of(SUBSCRIBED, DRAINING, DISCONNECTED),
          events.kindsButInterrupted().stream().distinct().toList());
      assertEquals(2, events.count(SUBSCRIBED));
    }
  }
}
