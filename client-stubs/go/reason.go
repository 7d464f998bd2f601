package amqpsidecar

// Reason says why a call, a publish or a settlement failed, in one word of a closed set. A word that this
// package does not know yet is passed on as it is.
type Reason string

// Of a publish.
const (
	// ReasonInvalidMessage: the message breaks a rule of AMQP or of the sidecar.
	ReasonInvalidMessage Reason = "INVALID_MESSAGE"
	// ReasonInvalidBody: the body is not what its content type or a rule says, or cannot be made JSON.
	ReasonInvalidBody Reason = "INVALID_BODY"
	// ReasonMessageTooLarge: the body is over the sidecar's limits.max_message_bytes.
	ReasonMessageTooLarge Reason = "MESSAGE_TOO_LARGE"
	// ReasonExchangeNotFound: the exchange does not exist.
	ReasonExchangeNotFound Reason = "EXCHANGE_NOT_FOUND"
	// ReasonUnroutable: no binding of the exchange matches the message.
	ReasonUnroutable Reason = "UNROUTABLE"
	// ReasonAccessRefused: the broker or the sidecar's policy does not allow it.
	ReasonAccessRefused Reason = "ACCESS_REFUSED"
	// ReasonRefusedByBroker: the broker refused the message, as a full queue does.
	ReasonRefusedByBroker Reason = "REFUSED_BY_BROKER"
	// ReasonLimitExceeded: a limit of the sidecar is reached.
	ReasonLimitExceeded Reason = "LIMIT_EXCEEDED"
	// ReasonBrokerUnavailable: the broker could not be reached in time; nothing was sent to it.
	ReasonBrokerUnavailable Reason = "BROKER_UNAVAILABLE"
	// ReasonBrokerBlocked: the broker takes no publishes now; nothing was sent to it.
	ReasonBrokerBlocked Reason = "BROKER_BLOCKED"
	// ReasonOutcomeUnknown: the message was sent to the broker, and its answer did not come.
	ReasonOutcomeUnknown Reason = "OUTCOME_UNKNOWN"
	// ReasonDraining: the sidecar is shutting down.
	ReasonDraining Reason = "DRAINING"
)

// Of a subscription or a call of the topology.
const (
	// ReasonInvalidSubscription: the subscription or settlement asks for what cannot be.
	ReasonInvalidSubscription Reason = "INVALID_SUBSCRIPTION"
	// ReasonQueueNotFound: the queue does not exist, or was deleted.
	ReasonQueueNotFound Reason = "QUEUE_NOT_FOUND"
	// ReasonQueueExclusive: another consumer or connection has the queue for itself.
	ReasonQueueExclusive Reason = "QUEUE_EXCLUSIVE"
	// ReasonInvalidTopology: the exchange, queue or binding is not a valid one.
	ReasonInvalidTopology Reason = "INVALID_TOPOLOGY"
	// ReasonTopologyConflict: it exists with other properties.
	ReasonTopologyConflict Reason = "TOPOLOGY_CONFLICT"
	// ReasonQueueInUse: the queue or exchange is in use.
	ReasonQueueInUse Reason = "QUEUE_IN_USE"
	// ReasonQueueNotEmpty: the queue is not empty.
	ReasonQueueNotEmpty Reason = "QUEUE_NOT_EMPTY"
)

// Of a settlement; see SettleFailed.
const (
	// ReasonUnknownDelivery: the sidecar never gave the id.
	ReasonUnknownDelivery Reason = "UNKNOWN_DELIVERY"
	// ReasonAlreadySettled: it is settled otherwise.
	ReasonAlreadySettled Reason = "ALREADY_SETTLED"
	// ReasonDeadlineExpired: it was not settled in time, and went back to the queue.
	ReasonDeadlineExpired Reason = "DEADLINE_EXPIRED"
	// ReasonStaleDelivery: its channel is gone; the broker delivers it again.
	ReasonStaleDelivery Reason = "STALE_DELIVERY"
	// ReasonNotMoved: it was to wait or to be dead-lettered, which the broker did not take in time; it
	// was requeued at once.
	ReasonNotMoved Reason = "NOT_MOVED"
	// ReasonNotRequeueable: it is of a stream, which takes nothing back; it is unsettled still.
	ReasonNotRequeueable Reason = "NOT_REQUEUEABLE"
	// ReasonDeadlineLimit: it may not be held that long; its deadline stays as it was.
	ReasonDeadlineLimit Reason = "DEADLINE_LIMIT"
)

// ReasonSidecarUnavailable is this package's own: the sidecar is not there, went away in the middle of a
// call, or did not answer in time.
const ReasonSidecarUnavailable Reason = "SIDECAR_UNAVAILABLE"

// Persisted says what a failed publish left behind.
type Persisted int

const (
	// PersistedUnspecified: the call was no publish.
	PersistedUnspecified Persisted = iota
	// PersistedNo: the broker does not have the message. Publishing it again makes no duplicate.
	PersistedNo
	// PersistedUnknown: the broker may have it. Publish it again with the same message id, and let
	// consumers drop the second.
	PersistedUnknown
	// PersistedPartial: some of the queues that the exchange routes to have it, others refused it.
	PersistedPartial
)

// String is the API's own word: NO, UNKNOWN or PARTIAL; empty for PersistedUnspecified.
func (p Persisted) String() string {
	switch p {
	case PersistedNo:
		return "NO"
	case PersistedUnknown:
		return "UNKNOWN"
	case PersistedPartial:
		return "PARTIAL"
	case PersistedUnspecified:
		return ""
	}
	return ""
}

func persistedOf(word string) Persisted {
	switch word {
	case "NO":
		return PersistedNo
	case "UNKNOWN":
		return PersistedUnknown
	case "PARTIAL":
		return PersistedPartial
	}
	return PersistedUnspecified
}
