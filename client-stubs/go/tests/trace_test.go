package tests

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel/trace"

	amqpsidecar "amqp-sidecar.dev/client"
	"amqp-sidecar.dev/client/oteltrace"
)

func TestTraceContextGoesThroughCallStreamAndHandler(t *testing.T) {
	t.Parallel()
	client := shared(t, amqpsidecar.WithTracePropagator(oteltrace.Propagator()))
	queue := newQueue(t, client, amqpsidecar.Queue{})
	ctx := trace.ContextWithSpanContext(soon(t), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}}))
	own := amqpsidecar.Table{"traceparent": "00-09000000000000000000000000000000-0900000000000000-00"}
	other := amqpsidecar.Table{"other": "header"}
	if _, err := client.Publish(ctx, "", queue, 1, amqpsidecar.WithProperties(amqpsidecar.Properties{Headers: other})); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Publish(ctx, "", queue, 2, amqpsidecar.WithProperties(amqpsidecar.Properties{Headers: own})); err != nil {
		t.Fatal(err)
	}
	publisher := client.Publisher()
	if _, err := publisher.Publish(ctx, "", queue, 3); err != nil {
		t.Fatal(err)
	}
	if err := publisher.Close(soon(t)); err != nil {
		t.Fatal(err)
	}
	if len(other) != 1 {
		t.Errorf("the caller's own headers were changed: %v", other)
	}
	got := make(chan trace.SpanContext, 3)
	subscribe(t, client, queue, func(ctx context.Context, _ *amqpsidecar.Delivery) error {
		got <- trace.SpanContextFromContext(ctx)
		return nil
	})
	for i, want := range []trace.TraceID{{1}, {9}, {1}} {
		if span := within(t, "a delivery", got); span.TraceID() != want || !span.IsRemote() {
			t.Errorf("delivery %d has trace %v, want %v", i+1, span.TraceID(), want)
		}
	}
}

func TestWithoutAPropagatorTraceHeadersAreOrdinaryOnes(t *testing.T) {
	t.Parallel()
	client := shared(t)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	ctx := trace.ContextWithSpanContext(soon(t), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}}))
	if _, err := client.Publish(ctx, "", queue, 1); err != nil {
		t.Fatal(err)
	}
	headers := amqpsidecar.Table{"traceparent": "00-09000000000000000000000000000000-0900000000000000-00"}
	mustPublish(t, client, "", queue, 2, amqpsidecar.WithProperties(amqpsidecar.Properties{Headers: headers}))
	got := take(t, client, queue, 2)
	if len(got[0].Headers) != 0 || got[1].Headers["traceparent"] != headers["traceparent"] {
		t.Errorf("headers are %v and %v", got[0].Headers, got[1].Headers)
	}
}
