package amqpsidecar

import (
	"fmt"

	pb "amqp-sidecar.dev/client/amqpsidecarv1"
)

// EventKind is what can happen to a subscription.
type EventKind int

const (
	// Subscribed: the broker accepted the consumer.
	Subscribed EventKind = iota + 1
	// Interrupted: the sidecar's link to the broker is gone, and comes back by itself. What was delivered
	// is delivered again.
	Interrupted
	// Resubscribed: the consumer is back.
	Resubscribed
	// Draining: the sidecar is shutting down. What no handler had begun is given back.
	Draining
	// Disconnected: the stream to the sidecar ended, and is opened again by itself. What was delivered is
	// delivered again.
	Disconnected
	// SettleFailed: the settlement of one delivery did not take.
	SettleFailed
)

// String is such as "SUBSCRIBED".
func (k EventKind) String() string {
	switch k {
	case Subscribed:
		return "SUBSCRIBED"
	case Interrupted:
		return "INTERRUPTED"
	case Resubscribed:
		return "RESUBSCRIBED"
	case Draining:
		return "DRAINING"
	case Disconnected:
		return "DISCONNECTED"
	case SettleFailed:
		return "SETTLE_FAILED"
	}
	return fmt.Sprintf("EVENT_%d", int(k))
}

// Event happened to a subscription.
type Event struct {
	// Kind says what.
	Kind EventKind
	// Queue is the subscription's.
	Queue string
	// Detail says why, for a person. May be empty.
	Detail string
	// DeliveryID is the delivery's, of SettleFailed.
	DeliveryID string
	// Reason is why a settlement failed, of SettleFailed; empty otherwise.
	Reason Reason
}

// String is a line for a log.
func (e Event) String() string {
	text := fmt.Sprintf("subscription to queue %q: %v", e.Queue, e.Kind)
	if e.Kind == SettleFailed {
		text += fmt.Sprintf(": delivery %s: %s", e.DeliveryID, e.Reason)
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

func kindOf(kind pb.SubscriptionEventKind) EventKind {
	switch kind {
	case pb.SubscriptionEventKind_SUBSCRIPTION_EVENT_KIND_SUBSCRIBED:
		return Subscribed
	case pb.SubscriptionEventKind_SUBSCRIPTION_EVENT_KIND_INTERRUPTED:
		return Interrupted
	case pb.SubscriptionEventKind_SUBSCRIPTION_EVENT_KIND_RESUBSCRIBED:
		return Resubscribed
	case pb.SubscriptionEventKind_SUBSCRIPTION_EVENT_KIND_DRAINING:
		return Draining
	case pb.SubscriptionEventKind_SUBSCRIPTION_EVENT_KIND_UNSPECIFIED:
	}
	return EventKind(1000 + int(kind)) // of a newer sidecar: told, by its number
}

// tell hands an event to the caller's function, one at a time, or to the log.
func (s *Subscription) tell(event Event) {
	event.Queue = s.queue
	s.telling.Lock()
	defer s.telling.Unlock()
	if s.options.onEvent == nil {
		level := "INFO"
		if event.Kind != Subscribed && event.Kind != Resubscribed {
			level = "WARN"
		}
		s.client.logger.Printf("%s amqp-sidecar: %v", level, event)
		return
	}
	defer func() {
		if panicked := recover(); panicked != nil {
			s.client.logger.Printf("WARN amqp-sidecar: the function of WithOnEvent panicked at %v: %v", event, panicked)
		}
	}()
	s.options.onEvent(event)
}
