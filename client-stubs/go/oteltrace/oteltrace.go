// Package oteltrace carries OpenTelemetry's trace context through messages:
//
//	client, err := amqpsidecar.Connect("", amqpsidecar.WithTracePropagator(oteltrace.Propagator()))
//
// A publish then sends the span of its ctx as the headers traceparent and tracestate, and the ctx of a
// handler has it as its remote span, so that a span that the handler starts is the child of the publisher's.
// No spans are made here.
package oteltrace

import (
	"context"

	"go.opentelemetry.io/otel/propagation"

	amqpsidecar "amqp-sidecar.dev/client"
)

// Propagator is for amqpsidecar.WithTracePropagator. It is W3C's, whatever otel.SetTextMapPropagator says:
// that is what the sidecar and the other clients speak.
func Propagator() amqpsidecar.TracePropagator { return propagator{} }

type propagator struct{ w3c propagation.TraceContext }

func (p propagator) Inject(ctx context.Context, set func(header, value string)) {
	p.w3c.Inject(ctx, carrier{set: set})
}

func (p propagator) Extract(ctx context.Context, get func(header string) string) context.Context {
	return p.w3c.Extract(ctx, carrier{get: get})
}

// carrier is one message's headers, to be read or to be written.
type carrier struct {
	set func(header, value string)
	get func(header string) string
}

func (c carrier) Get(header string) string { return c.get(header) }

func (c carrier) Set(header, value string) { c.set(header, value) }

// Keys is not asked for by W3C's propagator.
func (c carrier) Keys() []string { return nil }
