package dev.amqpsidecar.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Runs in a process of its own, without OpenTelemetry in its class path: see pom.xml. */
@DisplayName("without OpenTelemetry's API")
final class WithoutOpenTelemetryTest {
  @Test
  void messagesGoAndComeAndKeepATraceContextOfTheirOwn() throws Exception {
    assertThrows(
        ClassNotFoundException.class, () -> Class.forName("io.opentelemetry.api.trace.Span"));
    assertInstanceOf(Trace.None.class, Trace.PRESENT);
    BlockingQueue<Delivery> deliveries = new ArrayBlockingQueue<>(10);
    try (SidecarClient client = World.shared().connect();
        Publisher publisher = client.publisher()) {
      String queue =
          client.declare(List.of(), List.of(new Queue(World.unique("none"))), List.of()).get(0);
      client.subscribe(queue, deliveries::add);
      Map<String, String> own =
          Map.of("traceparent", "00-11111111111111111111111111111111-2222222222222222-01");
      client.publish("", queue, 1);
      publisher.publish("", queue, 2, PublishOptions.builder().headers(own).build()).join();
      assertEquals(Map.of(), deliveries.poll(20, TimeUnit.SECONDS).headers());
      assertEquals(own, deliveries.poll(20, TimeUnit.SECONDS).headers());
    }
  }
}
