package dev.amqpsidecar.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status.Code;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("publish")
final class PublishTest {
  private static SidecarClient client;

  @BeforeAll
  static void connect() {
    client = World.shared().connect();
  }

  @AfterAll
  static void close() {
    client.close();
  }

  private static String queue(String name) {
    return client
        .declare(List.of(), List.of(new Queue(World.unique(name))), List.of())
        .get(0);
  }

  @Test
  void answersTheMessageIdThatItMadeAndThatItWasRouted() {
    PublishResult result = client.publish("", queue("id"), Map.of("order_id", 1));
    assertTrue(result.routed());
    assertTrue(
        result.messageId().matches("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f-]{16}"),
        result.messageId());
  }

  @Test
  void keepsTheMessageIdThatItIsGiven() {
    PublishOptions options = PublishOptions.builder().messageId("mine").build();
    assertEquals("mine", client.publish("", queue("own-id"), "text", options).messageId());
  }

  @Test
  void saysNotRoutedWhereThatIsAllowed() {
    PublishOptions options = PublishOptions.builder().allowUnroutable(true).build();
    assertFalse(client.publish("", "no-such-queue", "text", options).routed());
  }

  @Test
  void failsWithUnroutableAndTheMessageId() {
    SidecarException failure =
        Expect.failure(
            () -> client.publish("", "no-such-queue", "text"),
            Code.FAILED_PRECONDITION,
            Reason.UNROUTABLE,
            Persisted.NO,
            false);
    assertFalse(failure.messageId().isEmpty());
    assertTrue(
        List.of(failure.getStackTrace()).toString().contains("PublishTest"),
        "the caller's stack");
  }

  @Test
  void failsWithInvalidMessage() {
    Expect.failure(
        () -> client.publish("", "", "text"),
        Code.INVALID_ARGUMENT,
        Reason.INVALID_MESSAGE,
        Persisted.NO,
        false);
  }

  @Test
  void failsWithInvalidBodyOfTheSidecars() {
    Expect.failure(
        () -> client.publish("", queue("body"), "{".getBytes()),
        Code.INVALID_ARGUMENT,
        Reason.INVALID_BODY,
        Persisted.NO,
        false);
  }

  @ParameterizedTest(name = "asynchronous: {0}")
  @ValueSource(booleans = {false, true})
  void failsWithInvalidBodyBeforeItSendsWhatCannotBeSerialized(boolean async) {
    Object unserializable = new Object();
    CompletableFuture<PublishResult> future =
        client.publishAsync("", queue("object"), unserializable);
    assertTrue(future.isCompletedExceptionally(), "at once");
    Expect.failure(
        () -> {
          if (async) {
            throw Expect.failureOf(future);
          }
          client.publish("", "never-sent", unserializable);
        },
        Code.INVALID_ARGUMENT,
        Reason.INVALID_BODY,
        Persisted.NO,
        false);
  }

  @Test
  void failsWithMessageTooLargeOfTheSidecars() {
    PublishOptions options = PublishOptions.builder().contentType("text/plain").build();
    Expect.failure(
        () -> client.publish("", queue("large"), new byte[2 << 20], options),
        Code.INVALID_ARGUMENT,
        Reason.MESSAGE_TOO_LARGE,
        Persisted.NO,
        false);
  }

  @Test
  void failsWithExchangeNotFound() {
    Expect.failure(
        () -> client.publish("no-such-exchange", "key", "text"),
        Code.NOT_FOUND,
        Reason.EXCHANGE_NOT_FOUND,
        Persisted.NO,
        false);
  }

  @Test
  void failsWithAccessRefused() {
    String internal = World.unique("internal");
    client.declare(
        List.of(new Exchange(internal, "fanout").withInternal(true)), List.of(), List.of());
    Expect.failure(
        () -> client.publish(internal, "key", "text"),
        Code.PERMISSION_DENIED,
        Reason.ACCESS_REFUSED,
        Persisted.NO,
        false);
  }

  @Test
  void failsWithRefusedByBrokerAndWhetherAQueueHasItAllTheSame() {
    String full = World.unique("full");
    String free = World.unique("free");
    String fanout = World.unique("fanout");
    client.declare(
        List.of(new Exchange(fanout, "fanout")),
        List.of(
            new Queue(full)
                .withArgument("x-max-length", 1)
                .withArgument("x-overflow", "reject-publish"),
            new Queue(free)),
        List.of(new Binding(full, fanout, ""), new Binding(free, fanout, "")));
    client.publish("", full, "text");
    Expect.failure(
        () -> client.publish("", full, "text"),
        Code.RESOURCE_EXHAUSTED,
        Reason.REFUSED_BY_BROKER,
        Persisted.NO,
        true);
    Expect.failure(
        () -> client.publish(fanout, "", "text"),
        Code.RESOURCE_EXHAUSTED,
        Reason.REFUSED_BY_BROKER,
        Persisted.PARTIAL,
        false);
  }

  @Test
  void failsWithBrokerUnavailableAtItsTimeoutAndNotBefore() {
    World.Sidecar lonely = World.start(Map.of("broker", false));
    try (SidecarClient there = lonely.connect()) {
      long begin = System.nanoTime();
      Expect.failure(
          () -> there.publish("", "queue", "text", timeout(700)),
          Code.UNAVAILABLE,
          Reason.BROKER_UNAVAILABLE,
          Persisted.NO,
          true);
      long millis = (System.nanoTime() - begin) / 1_000_000;
      assertTrue(millis >= 300 && millis <= 1500, millis + " ms");
    }
  }

  @Test
  void failsWithSidecarUnavailableAndNothingSentWhereThereIsNoSidecar() {
    try (SidecarClient nowhere = SidecarClient.connect("/nowhere/sidecar.sock")) {
      Expect.failure(
          () -> nowhere.publish("", "queue", "text", timeout(300)),
          Code.DEADLINE_EXCEEDED,
          Reason.SIDECAR_UNAVAILABLE,
          Persisted.NO,
          false);
    }
  }

  @Test
  void failsWithLimitExceededAndOutcomeUnknownWhereTheBrokerDoesNotAnswer() throws Exception {
    World.Sidecar slow =
        World.start(
            Map.of(
                "proxy", true, "config", Map.of("limits", Map.of("max_in_flight_messages", 1))));
    try (SidecarClient there = slow.connect()) {
      String queue = queue("unknown");
      there.publish("", queue, "first"); // Its exchange is known, its channels are open.
      slow.hold();
      CompletableFuture<PublishResult> pending =
          there.publishAsync("", queue, "second", timeout(1500));
      World.eventually(
          "the pending one fills the limit",
          () -> {
            try {
              there.publish("", queue, "third", timeout(200));
              return false;
            } catch (SidecarException e) {
              return e.reason().equals(Reason.LIMIT_EXCEEDED);
            }
          });
      Expect.failure(
          () -> there.publish("", queue, "fourth", timeout(500)),
          Code.RESOURCE_EXHAUSTED,
          Reason.LIMIT_EXCEEDED,
          Persisted.NO,
          true);
      // Not tried again: it would have gone on until the timeout of the client's default.
      Expect.failure(
          pending,
          Code.DEADLINE_EXCEEDED,
          Reason.OUTCOME_UNKNOWN,
          Persisted.UNKNOWN,
          false);
      slow.release();
      World.eventually("one copy at most", () -> client.getQueue(queue).messageCount() >= 1);
      assertTrue(client.getQueue(queue).messageCount() <= 3);
    }
  }

  @Test
  void isCancelledWithItsFuture() throws Exception {
    World.Sidecar held = World.start(Map.of("proxy", true));
    try (SidecarClient there = held.connect()) {
      String queue = queue("cancelled");
      there.publish("", queue, "first");
      held.hold();
      CompletableFuture<PublishResult> future = there.publishAsync("", queue, "second");
      assertTrue(future.cancel(true));
      assertThrows(CancellationException.class, future::join);
      held.release();
      // And so is a waiting thread, by its interrupt.
      held.hold();
      Thread.currentThread().interrupt();
      SidecarException failure =
          assertThrows(SidecarException.class, () -> there.publish("", queue, "third"));
      assertTrue(Thread.interrupted(), "stays interrupted");
      assertEquals(Code.CANCELLED, failure.code());
      assertEquals(Persisted.UNKNOWN, failure.persisted());
      held.release();
    }
  }

  @Test
  void goesOverTcpAndByAChannelOfTheCallers() {
    World.Sidecar both = World.start(Map.of("tcp", true));
    String queue = queue("tcp");
    try (SidecarClient tcp = SidecarClient.connect(both.tcp())) {
      assertTrue(tcp.publish("", queue, "text").routed());
    }
    io.grpc.ManagedChannel channel =
        io.grpc.Grpc.newChannelBuilder(
                both.tcp(), io.grpc.InsecureChannelCredentials.create())
            .build();
    try (SidecarClient own = SidecarClient.builder().channel(channel).build()) {
      assertTrue(own.publish("", queue, "text").routed());
    }
    assertFalse(channel.isShutdown(), "it is the caller's");
    channel.shutdownNow();
  }

  static PublishOptions timeout(long millis) {
    return PublishOptions.builder().timeout(Duration.ofMillis(millis)).build();
  }
}
