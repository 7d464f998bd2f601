package dev.amqpsidecar.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status.Code;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("a publish")
final class RestartTest {
  @Test
  void isTriedAgainOverADrainAndARestart() throws Exception {
    World.Sidecar sidecar = World.start(Map.of("config", Map.of("drain_timeout", "10s")));
    CountDownLatch holding = new CountDownLatch(1);
    CountDownLatch letGo = new CountDownLatch(1);
    try (SidecarClient client = sidecar.connect()) {
      String queue =
          client.declare(List.of(), List.of(new Queue(World.unique("drain"))), List.of()).get(0);
      client.publish("", queue, "first");
      // A delivery that is not settled keeps the sidecar draining.
      CountDownLatch draining = new CountDownLatch(1);
      Subscription subscription =
          client.subscribe(
              queue,
              delivery -> {
                holding.countDown();
                letGo.await();
              },
              SubscribeOptions.builder()
                  .onEvent(
                      event -> {
                        if (event.kind() == SubscriptionEvent.Kind.DRAINING) {
                          draining.countDown();
                        }
                      })
                  .build());
      assertTrue(holding.await(20, TimeUnit.SECONDS));
      sidecar.terminate();
      assertTrue(draining.await(20, TimeUnit.SECONDS));
      // Where its time does not reach over the drain, the reason is told, and no bare timeout.
      Expect.failure(
          () -> client.publish("", queue, "short", PublishTest.timeout(600)),
          Code.UNAVAILABLE,
          Reason.DRAINING,
          Persisted.NO,
          true);
      CompletableFuture<PublishResult> unary = client.publishAsync("", queue, "second");
      Publisher publisher = client.publisher();
      CompletableFuture<PublishResult> streamed = publisher.publish("", queue, "third");
      Expect.failure(
          publisher.publish("", queue, "short", PublishTest.timeout(600)),
          Code.UNAVAILABLE,
          Reason.DRAINING,
          Persisted.NO,
          true);
      CompletableFuture<PublishResult> between =
          client.publishAsync("", queue, "short", PublishTest.timeout(2000));
      CompletableFuture<PublishResult> streamedBetween =
          publisher.publish("", queue, "short", PublishTest.timeout(2000));
      letGo.countDown();
      assertEquals(0, sidecar.ended());
      // Here their time is up while they wait for a sidecar that is not there.
      Expect.failure(between, Code.UNAVAILABLE, Reason.DRAINING, Persisted.NO, true);
      Expect.failure(streamedBetween, Code.UNAVAILABLE, Reason.DRAINING, Persisted.NO, true);
      sidecar.restart();
      // A try may meet the very end of the sidecar: then nobody knows.
      unary =
          unary.exceptionallyCompose(
              e ->
                  ((SidecarException) e).persisted() == Persisted.UNKNOWN
                      ? client.publishAsync("", queue, "second")
                      : CompletableFuture.failedFuture(e));
      assertTrue(unary.get(20, TimeUnit.SECONDS).routed());
      assertTrue(streamed.get(20, TimeUnit.SECONDS).routed());
      publisher.close();
      subscription.close();
    }
  }

  @Test
  void isNotTriedAgainWhereNobodyKnowsWhetherItArrived() throws Exception {
    World.Sidecar sidecar = World.start(Map.of("proxy", true));
    try (SidecarClient client = sidecar.connect();
        SidecarClient other = World.shared().connect()) {
      String queue =
          client.declare(List.of(), List.of(new Queue(World.unique("once"))), List.of()).get(0);
      client.publish("", queue, "first");
      sidecar.hold(); // What it says passes, RabbitMQ's answer does not.
      CompletableFuture<PublishResult> future = client.publishAsync("", queue, "second");
      World.eventually("it has arrived", () -> other.getQueue(queue).messageCount() == 2);
      sidecar.kill();
      Expect.failure(
          future, Code.UNAVAILABLE, Reason.SIDECAR_UNAVAILABLE, Persisted.UNKNOWN, false);
      sidecar.release();
      sidecar.restart();
      client.publish("", queue, "third");
      assertEquals(3, other.getQueue(queue).messageCount());
    }
  }

  @Test
  void waitsForASidecarThatIsNotUpYet() throws Exception {
    World.Sidecar sidecar = World.start(Map.of());
    sidecar.kill();
    try (SidecarClient client = sidecar.connect()) {
      String queue = World.unique("later");
      CompletableFuture<PublishResult> future =
          client.publishAsync(
              "",
              queue,
              "text",
              PublishOptions.builder()
                  .allowUnroutable(true)
                  .timeout(Duration.ofSeconds(15))
                  .build());
      sidecar.restart();
      future.get(20, TimeUnit.SECONDS);
    }
  }

  @Test
  void isBlockedByAnAlarmOrUnknownAndThenNotTriedAgain() {
    // Its first publish tells the sidecar of the alarm, and its outcome is not known until then.
    World.Sidecar sidecar = World.start(Map.of());
    try (SidecarClient client = sidecar.connect()) {
      String queue =
          client.declare(List.of(), List.of(new Queue(World.unique("alarm"))), List.of()).get(0);
      World.alarm(true);
      try {
        Expect.failure(
            () -> client.publish("", queue, "first", PublishTest.timeout(700)),
            Code.DEADLINE_EXCEEDED,
            Reason.OUTCOME_UNKNOWN,
            Persisted.UNKNOWN,
            false);
        Expect.failure(
            () -> client.publish("", queue, "second", PublishTest.timeout(700)),
            Code.UNAVAILABLE,
            Reason.BROKER_BLOCKED,
            Persisted.NO,
            true);
      } finally {
        World.alarm(false);
      }
      // Of the first there is one copy, and none of the second.
      client.publish("", queue, "third");
      assertEquals(2, client.getQueue(queue).messageCount());
    }
  }
}
