package dev.amqpsidecar.client;

import dev.amqpsidecar.v1.FieldValue;
import dev.amqpsidecar.v1.Properties;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapSetter;
import java.util.Map;

/**
 * W3C trace context by OpenTelemetry's API. Loading this class fails where the API is not present.
 * Takes the propagator itself: asking GlobalOpenTelemetry could settle it before the application
 * does.
 */
final class OpenTelemetryTrace implements Trace {
  private static final W3CTraceContextPropagator PROPAGATOR =
      W3CTraceContextPropagator.getInstance();
  private static final String TRACEPARENT = "traceparent";
  private static final Scope NOTHING = () -> {};

  private static final TextMapSetter<Properties.Builder> SETTER =
      (properties, name, value) ->
          properties.putHeaders(name, FieldValue.newBuilder().setStringValue(value).build());

  private static final TextMapGetter<Map<String, FieldValue>> GETTER =
      new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(Map<String, FieldValue> headers) {
          return headers.keySet();
        }

        @Override
        public String get(Map<String, FieldValue> headers, String name) {
          FieldValue value = headers == null ? null : headers.get(name);
          return value != null && value.hasStringValue() ? value.getStringValue() : null;
        }
      };

  @Override
  public void inject(Properties.Builder properties) {
    Context context = Context.current();
    if (Span.fromContext(context).getSpanContext().isValid()
        && !properties.containsHeaders(TRACEPARENT)) {
      PROPAGATOR.inject(context, properties, SETTER);
    }
  }

  @Override
  public Scope enter(Map<String, FieldValue> headers) {
    if (!headers.containsKey(TRACEPARENT)) {
      return NOTHING;
    }
    return PROPAGATOR.extract(Context.root(), headers, GETTER).makeCurrent()::close;
  }
}
