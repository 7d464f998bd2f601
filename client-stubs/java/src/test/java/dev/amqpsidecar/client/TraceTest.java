package dev.amqpsidecar.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Scope;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("trace context, with OpenTelemetry's API,")
final class TraceTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String SPAN = "b7ad6b7169203331";

  private record Seen(Delivery delivery, SpanContext current) {}

  @Test
  void goesFromThePublishersThreadToTheHandlers() throws Exception {
    BlockingQueue<Seen> seen = new ArrayBlockingQueue<>(10);
    assertInstanceOf(OpenTelemetryTrace.class, Trace.PRESENT);
    try (SidecarClient client = World.shared().connect();
        Publisher publisher = client.publisher()) {
      String queue =
          client.declare(List.of(), List.of(new Queue(World.unique("trace"))), List.of()).get(0);
      client.subscribe(
          queue, delivery -> seen.add(new Seen(delivery, Span.current().getSpanContext())));
      List<BiConsumer<Object, PublishOptions>> ways =
          List.of(
              (body, options) -> client.publish("", queue, body, options),
              (body, options) -> publisher.publish("", queue, body, options).join());
      for (BiConsumer<Object, PublishOptions> publish : ways) {
        SpanContext span =
            SpanContext.create(
                TRACE,
                SPAN,
                TraceFlags.getSampled(),
                TraceState.builder().put("vendor", "value").build());
        Scope scope = Span.wrap(span).makeCurrent();
        publish.accept(1, PublishOptions.DEFAULT);
        String own = "00-11111111111111111111111111111111-2222222222222222-01";
        PublishOptions with = PublishOptions.builder().header("traceparent", own).build();
        Seen first = next(seen);
        publish.accept(2, with);
        Seen second = next(seen);
        scope.close();
        publish.accept(3, PublishOptions.DEFAULT);
        Seen third = next(seen);

        assertEquals(
            Map.of(
                "traceparent", "00-" + TRACE + "-" + SPAN + "-01", "tracestate", "vendor=value"),
            first.delivery().headers());
        assertEquals(TRACE, first.current().getTraceId());
        assertEquals(SPAN, first.current().getSpanId());
        assertEquals("value", first.current().getTraceState().get("vendor"));
        assertEquals(Map.of("traceparent", own), second.delivery().headers());
        assertEquals("2222222222222222", second.current().getSpanId());
        assertEquals(Map.of(), third.delivery().headers());
        assertFalse(third.current().isValid(), "nothing is left of the one before");
      }
    }
  }

  private static Seen next(BlockingQueue<Seen> seen) throws InterruptedException {
    Seen next = seen.poll(20, TimeUnit.SECONDS);
    assertNotNull(next);
    return next;
  }
}
