// Package amqpsidecar is the client of amqp-sidecar, a daemon beside your service that keeps its one
// connection to RabbitMQ. It publishes with confirms, and subscribes with settlements that follow from
// what a handler returns.
//
//	client, err := amqpsidecar.Connect("")
//	...
//	result, err := client.Publish(ctx, "orders", "order.created", order)
//
// A nil error of a publish means that the broker has confirmed the message, and that it reached a queue.
// Every other outcome is an *Error, which says why, and whether the broker has the message all the same.
//
// Everything exported is safe for use by several goroutines at once, unless it says otherwise.
// The generated package amqpsidecarv1 below this one is the API itself, for what this package leaves out.
package amqpsidecar
