package amqpsidecar

import (
	"encoding/json"

	pb "amqp-sidecar.dev/client/amqpsidecarv1"
)

// Delivery is a message from the queue. It is settled by what the handler returns. The properties are as
// they were published: what is not set, the publisher did not send.
type Delivery struct {
	Properties
	// ID is the sidecar's own for this delivery; opaque.
	ID string
	// Queue is the subscription's.
	Queue string
	// Exchange is where it was published; empty is the default exchange.
	Exchange string
	// RoutingKey is what it was published with.
	RoutingKey string
	// Body is byte for byte as published.
	Body []byte
	// Redelivered: the broker may have delivered this message before.
	Redelivered bool
	// Attempt is 1 for the first delivery. It counts redeliveries where the broker or a retry policy
	// counts them.
	Attempt int
	// InvalidReason is set where validation found the body at fault, and it is delivered all the same.
	InvalidReason string
	// Raw is what came over the wire. Not to be changed.
	Raw *pb.Delivery
}

func deliveryOf(raw *pb.Delivery) *Delivery {
	d := &Delivery{
		ID:            raw.DeliveryId,
		Queue:         raw.Queue,
		Exchange:      raw.Exchange,
		RoutingKey:    raw.RoutingKey,
		Body:          raw.Body,
		Redelivered:   raw.Redelivered,
		Attempt:       int(raw.Attempt),
		InvalidReason: raw.InvalidReason,
		Raw:           raw,
	}
	d.fromProto(raw.Properties)
	return d
}

// JSON decodes the body into what value points to. It fails with a *RejectError: a body that cannot be
// decoded now never can be, so that a handler may return the error as it is.
func (d *Delivery) JSON(value any) error {
	if err := json.Unmarshal(d.Body, value); err != nil {
		return &RejectError{Cause: "the body cannot be decoded: " + err.Error(), Err: err}
	}
	return nil
}
