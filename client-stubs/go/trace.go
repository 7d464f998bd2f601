package amqpsidecar

import "context"

// The headers that carry trace context; https://www.w3.org/TR/trace-context/.
const (
	traceParent = "traceparent"
	traceState  = "tracestate"
)

// TracePropagator carries trace context between a Go context and a message's headers traceparent and
// tracestate. The module amqp-sidecar.dev/client/oteltrace has the one for OpenTelemetry. Without one,
// trace headers are ordinary headers.
//
// Its functions are called by many goroutines at once.
type TracePropagator interface {
	// Inject calls set with what goes into the message. It is not called for a message that has a
	// traceparent of its own.
	Inject(ctx context.Context, set func(header, value string))
	// Extract returns ctx with the trace context of a delivery, of which get reads the headers; "" is
	// one that is not there. The handler is called with it.
	Extract(ctx context.Context, get func(header string) string) context.Context
}

// inject returns headers with the trace context, without changing the caller's own.
func inject(ctx context.Context, propagator TracePropagator, headers Table) Table {
	if propagator == nil {
		return headers
	}
	if _, has := headers[traceParent]; has {
		return headers
	}
	copied := false
	propagator.Inject(ctx, func(header, value string) {
		if value == "" || (header != traceParent && header != traceState) {
			return
		}
		if !copied {
			own := headers
			headers = make(Table, len(own)+2)
			for name, value := range own {
				headers[name] = value
			}
			copied = true
		}
		headers[header] = value
	})
	return headers
}

func extract(ctx context.Context, propagator TracePropagator, headers Table) context.Context {
	if propagator == nil {
		return ctx
	}
	return propagator.Extract(ctx, func(header string) string {
		value, _ := headers[header].(string)
		return value
	})
}
