package oteltrace_test

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"amqp-sidecar.dev/client/oteltrace"
)

func TestASpanGoesThroughTheHeadersAndComesOutRemote(t *testing.T) {
	state, err := trace.ParseTraceState("vendor=1")
	if err != nil {
		t.Fatal(err)
	}
	sent := trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled, TraceState: state,
	})
	headers := map[string]string{}
	propagator := oteltrace.Propagator()
	propagator.Inject(trace.ContextWithSpanContext(context.Background(), sent), func(header, value string) {
		headers[header] = value
	})
	if want := "00-01000000000000000000000000000000-0200000000000000-01"; headers["traceparent"] != want {
		t.Errorf("headers are %v", headers)
	}
	ctx := propagator.Extract(context.Background(), func(header string) string { return headers[header] })
	got := trace.SpanContextFromContext(ctx)
	if !got.IsRemote() || !got.Equal(sent.WithRemote(true)) {
		t.Errorf("got %+v, want %+v", got, sent)
	}
}

func TestWithoutASpanNothingIsInjectedOrExtracted(t *testing.T) {
	propagator := oteltrace.Propagator()
	propagator.Inject(context.Background(), func(header, value string) { t.Errorf("%s: %s", header, value) })
	ctx := propagator.Extract(context.Background(), func(string) string { return "" })
	if trace.SpanContextFromContext(ctx).IsValid() {
		t.Error("there is a span")
	}
}
