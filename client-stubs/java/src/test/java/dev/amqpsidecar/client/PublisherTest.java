package dev.amqpsidecar.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status.Code;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("a publisher")
final class PublisherTest {
  private static String queue(SidecarClient client, String name) {
    return client
        .declare(List.of(), List.of(new Queue(World.unique(name))), List.of())
        .get(0);
  }

  @Test
  void andASubscriberPassTenThousandMessagesOnceEachAndInOrder() throws Exception {
    try (SidecarClient client = World.shared().connect();
        Publisher publisher = client.publisher()) {
      String queue = queue(client, "ten-thousand");
      int count = 10_000;
      List<Integer> seen = new ArrayList<>();
      AtomicInteger taken = new AtomicInteger();
      Subscription subscription =
          client.subscribe(
              queue,
              delivery -> {
                seen.add(delivery.json(Integer.class)); // One handler at a time.
                taken.incrementAndGet();
              },
              SubscribeOptions.builder().prefetch(256).build());
      List<CompletableFuture<PublishResult>> results = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        results.add(publisher.publish("", queue, i));
      }
      publisher.flush();
      assertTrue(results.stream().allMatch(CompletableFuture::isDone), "flush waits for all");
      for (CompletableFuture<PublishResult> result : results) {
        assertTrue(result.get().routed());
      }
      World.eventually("all are consumed", () -> taken.get() >= count);
      subscription.stop();
      assertEquals(count, seen.size());
      for (int i = 0; i < count; i++) {
        assertEquals(i, seen.get(i));
      }
      assertEquals(0, client.getQueue(queue).messageCount());
    }
  }

  @Test
  void failsThoseThatCannotBeRoutedAndNoOthers() throws Exception {
    try (SidecarClient client = World.shared().connect();
        Publisher publisher = client.publisher()) {
      String queue = queue(client, "mixed");
      List<CompletableFuture<PublishResult>> results = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        results.add(publisher.publish("", i % 3 == 0 ? "no-such-queue" : queue, i));
      }
      PublishOptions named = PublishOptions.builder().messageId("mine").build();
      CompletableFuture<PublishResult> last = publisher.publish("", "no-such-queue", 0, named);
      for (int i = 0; i < 300; i++) {
        if (i % 3 == 0) {
          Expect.failure(
              results.get(i),
              Code.FAILED_PRECONDITION,
              Reason.UNROUTABLE,
              Persisted.NO,
              false);
        } else {
          assertTrue(results.get(i).get(20, TimeUnit.SECONDS).routed());
        }
      }
      assertEquals("mine", Expect.failureOf(last).messageId());
      PublishOptions allowed = PublishOptions.builder().allowUnroutable(true).build();
      assertFalse(
          publisher
              .publish("", "no-such-queue", 0, allowed)
              .get(20, TimeUnit.SECONDS)
              .routed());
      Expect.failure(
          publisher.publish("", queue, new Object()),
          Code.INVALID_ARGUMENT,
          Reason.INVALID_BODY,
          Persisted.NO,
          false);
    }
  }

  @Test
  void takesMessagesLargerThanABatch() throws Exception {
    Map<String, ?> config = Map.of("limits", Map.of("max_message_bytes", 3 << 20));
    try (SidecarClient client = World.start(Map.of("config", config)).connect();
        Publisher publisher = client.publisher()) {
      String queue = queue(client, "large");
      PublishOptions bytes =
          PublishOptions.builder().contentType("application/octet-stream").build();
      List<CompletableFuture<PublishResult>> results = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        int size = i % 3 == 0 ? 2 << 20 : 400_000;
        results.add(publisher.publish("", queue, new byte[size], bytes));
      }
      for (CompletableFuture<PublishResult> result : results) {
        assertTrue(result.get(20, TimeUnit.SECONDS).routed());
      }
    }
  }

  @Test
  void blocksWhileTooManyAreInFlightAndFailsInTimeWhatWasNotAnswered() throws Exception {
    World.Sidecar sidecar = World.start(Map.of("proxy", true));
    try (SidecarClient client = sidecar.connect();
        Publisher publisher =
            client.publisher(PublisherOptions.DEFAULT.withMaxInFlight(2))) {
      String queue = queue(client, "room");
      publisher.publish("", queue, 0).get(20, TimeUnit.SECONDS);
      sidecar.hold();
      CompletableFuture<PublishResult> first =
          publisher.publish("", queue, 1, PublishTest.timeout(1000));
      publisher.publish("", queue, 2, PublishTest.timeout(1000));
      long begin = System.nanoTime();
      // The third waits for room, and its own time is up before there is any.
      Expect.failure(
          publisher.publish("", queue, 3, PublishTest.timeout(300)),
          Code.DEADLINE_EXCEEDED,
          Reason.SIDECAR_UNAVAILABLE,
          Persisted.NO,
          false);
      assertTrue(System.nanoTime() - begin >= 290_000_000L, "it blocked");
      Expect.failure(
          first,
          Code.DEADLINE_EXCEEDED,
          Reason.SIDECAR_UNAVAILABLE,
          Persisted.UNKNOWN,
          false);
      assertEquals(first.isDone(), true);
      sidecar.release();
      assertTrue(publisher.publish("", queue, 4).get(20, TimeUnit.SECONDS).routed());
    }
  }

  @Test
  void failsWithNothingSentWhereThereIsNoSidecar() {
    try (SidecarClient client = SidecarClient.connect("/nowhere/sidecar.sock");
        Publisher publisher = client.publisher()) {
      Expect.failure(
          publisher.publish("", "queue", 1, PublishTest.timeout(300)),
          Code.DEADLINE_EXCEEDED,
          Reason.SIDECAR_UNAVAILABLE,
          Persisted.NO,
          false);
    }
  }

  @Test
  void resolvesEveryFutureWhenTheSidecarIsKilledAndLosesNothingThatIsPublishedAgain()
      throws Exception {
    World.Sidecar sidecar = World.start(Map.of("proxy", true));
    try (SidecarClient client = sidecar.connect();
        Publisher publisher = client.publisher()) {
      String queue = queue(client, "killed");
      int count = 3000;
      Map<Integer, CompletableFuture<PublishResult>> results = new ConcurrentHashMap<>();
      Thread producer =
          new Thread(
              () -> {
                for (int i = 0; i < count; i++) {
                  results.put(i, publisher.publish("", queue, i));
                }
              });
      producer.start();
      World.eventually("some are confirmed", () -> done(results) > 500);
      sidecar.hold(); // So that some have no answer for certain.
      World.eventually("all that may be are in flight", () -> results.size() - done(results) > 900);
      sidecar.kill();
      sidecar.release();
      sidecar.restart();
      producer.join(20_000);
      assertFalse(producer.isAlive());
      publisher.flush();
      List<Integer> unknown = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        if (results.get(i).isCompletedExceptionally()) {
          Expect.failure(
              results.get(i),
              Code.UNAVAILABLE,
              Reason.SIDECAR_UNAVAILABLE,
              Persisted.UNKNOWN,
              false);
          unknown.add(i);
        }
      }
      assertFalse(unknown.isEmpty());
      for (int i : unknown) {
        String id = Expect.failureOf(results.get(i)).messageId();
        PublishOptions same = PublishOptions.builder().messageId(id).build();
        publisher.publish("", queue, i, same).get(20, TimeUnit.SECONDS);
      }
      Set<Integer> bodies = ConcurrentHashMap.newKeySet();
      Map<String, Integer> copies = new ConcurrentHashMap<>();
      Subscription subscription =
          client.subscribe(
              queue,
              delivery -> {
                bodies.add(delivery.json(Integer.class));
                copies.merge(delivery.messageId(), 1, Integer::sum);
              });
      World.eventually("all are there", () -> bodies.size() == count);
      World.eventually("and no more", () -> client.getQueue(queue).messageCount() == 0);
      subscription.stop();
      assertEquals(count, copies.size(), "by message id, too");
    }
  }

  @Test
  void dropsAMessageThatIsCancelledBeforeItIsWritten() throws Exception {
    World.Sidecar sidecar = World.start(Map.of());
    try (SidecarClient client = sidecar.connect();
        Publisher publisher = client.publisher()) {
      String queue = queue(client, "cancelled");
      sidecar.kill();
      CompletableFuture<PublishResult> first = publisher.publish("", queue, 1);
      CompletableFuture<PublishResult> second = publisher.publish("", queue, 2);
      assertTrue(first.cancel(true));
      sidecar.restart();
      assertTrue(second.get(20, TimeUnit.SECONDS).routed());
      publisher.flush();
      assertEquals(1, client.getQueue(queue).messageCount());
    }
  }

  @Test
  void takesNothingAfterClose() {
    try (SidecarClient client = World.shared().connect()) {
      String queue = queue(client, "closed");
      Publisher publisher = client.publisher();
      CompletableFuture<PublishResult> last = publisher.publish("", queue, 1);
      publisher.close();
      assertTrue(last.join().routed(), "close flushes");
      assertThrows(IllegalStateException.class, () -> publisher.publish("", queue, 2));
      publisher.close();
    }
  }

  @Test
  void failsWhatIsOpenWhenItsClientIsClosed() throws Exception {
    World.Sidecar sidecar = World.start(Map.of("proxy", true));
    SidecarClient client = sidecar.connect();
    String queue = queue(client, "client-closed");
    Publisher publisher = client.publisher();
    publisher.publish("", queue, 0).get(20, TimeUnit.SECONDS);
    sidecar.hold();
    CompletableFuture<PublishResult> streamed = publisher.publish("", queue, 1);
    CompletableFuture<PublishResult> unary = client.publishAsync("", queue, 2);
    client.close();
    assertEquals(Code.CANCELLED, Expect.failureOf(streamed).code());
    assertEquals(Reason.SIDECAR_UNAVAILABLE, Expect.failureOf(unary).reason());
    sidecar.release();
  }

  private static long done(Map<Integer, CompletableFuture<PublishResult>> results) {
    return results.values().stream().filter(CompletableFuture::isDone).count();
  }
}
