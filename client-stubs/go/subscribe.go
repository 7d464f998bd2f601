package amqpsidecar

import (
	"context"
	"math"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	pb "amqp-sidecar.dev/client/amqpsidecarv1"
)

const (
	defaultAckDeadline = 30 * time.Second
	sidecarPrefetch    = 64 // subscribe.default_prefetch, unless it is configured
)

// Handler does the work of one delivery. Its return settles it: nil acks; an error nacks, so that the
// message comes again as the retry policy says, or at once where there is none; Reject dead-letters it;
// Retry has it come again after a delay. An error, and a panic too, is logged.
//
// ctx ends when the subscription is closed or its Stop ran out of time. It carries the message's trace
// context; see WithTracePropagator.
type Handler func(ctx context.Context, delivery *Delivery) error

// RetryPolicy says what an error of the handler and an expired ack deadline lead to.
type RetryPolicy struct {
	// MaxAttempts bounds the deliveries of one message, the first included; then it is dead-lettered.
	// 0 means no limit.
	MaxAttempts int
	// InitialBackoff is the wait before the second delivery; it doubles with every further one. 10 ms to
	// 24 h; 0 means 1 s.
	InitialBackoff time.Duration
	// MaxBackoff is the longest wait that doubling leads to; 0 means 1 min, or InitialBackoff if longer.
	MaxBackoff time.Duration
	// DeadLetterExchange is where a message goes after its last attempt, and when it is rejected. Empty
	// means the queue's own where the sidecar declared one for it, else the queue "<queue>.dead".
	DeadLetterExchange string
	// DeadLetterRoutingKey replaces the message's own; empty keeps it.
	DeadLetterRoutingKey string
}

// SubscribeOption is an option of Client.Subscribe.
type SubscribeOption func(*subscribeOptions)

type subscribeOptions struct {
	concurrency int
	prefetch    int
	ackDeadline time.Duration
	retry       *RetryPolicy
	exclusive   bool
	priority    int
	arguments   Table
	bindings    []Binding
	onEvent     func(Event)
}

// WithConcurrency sets how many handlers run at once; 1 by default.
func WithConcurrency(handlers int) SubscribeOption {
	return func(o *subscribeOptions) { o.concurrency = handlers }
}

// WithPrefetch bounds the unsettled deliveries, those that wait for a handler included: 1 to 65535. The
// default is the sidecar's own, or as many as WithConcurrency says where that is more than 64.
func WithPrefetch(deliveries int) SubscribeOption {
	return func(o *subscribeOptions) { o.prefetch = deliveries }
}

// WithAckDeadline sets how long the sidecar waits for a sign of life before it takes a delivery back; 30 s
// by default, 0 for ever. It is extended by itself while a delivery waits for a handler or is worked on, so
// that only what hangs together with its process runs into it. A stream queue takes none: give it 0.
func WithAckDeadline(deadline time.Duration) SubscribeOption {
	return func(o *subscribeOptions) { o.ackDeadline = deadline }
}

// WithRetry sets the retry policy. Without one, a message that failed comes again at once. Not for a stream.
func WithRetry(policy RetryPolicy) SubscribeOption {
	return func(o *subscribeOptions) { o.retry = &policy }
}

// WithExclusive makes it the queue's only consumer; it fails if there is another.
func WithExclusive() SubscribeOption {
	return func(o *subscribeOptions) { o.exclusive = true }
}

// WithConsumerPriority sets the consumer's priority: higher is served first.
func WithConsumerPriority(priority int) SubscribeOption {
	return func(o *subscribeOptions) { o.priority = priority }
}

// WithArguments sets further arguments of the consumer, such as x-stream-offset.
func WithArguments(arguments Table) SubscribeOption {
	return func(o *subscribeOptions) { o.arguments = arguments }
}

// WithBindings has the sidecar declare the queue and bind it. With an empty queue name it is exclusive to
// the subscription and deleted with it; a named one is durable, and stays. Leave a Binding's Queue empty.
func WithBindings(bindings ...Binding) SubscribeOption {
	return func(o *subscribeOptions) { o.bindings = append(o.bindings, bindings...) }
}

// WithOnEvent takes the events of the subscription, one at a time; without it they are logged. The function
// must return soon: deliveries wait behind it. It must not wait for the subscription, as Stop does.
func WithOnEvent(function func(Event)) SubscribeOption {
	return func(o *subscribeOptions) { o.onEvent = function }
}

// Subscribe begins to consume from a queue, and returns at once. It goes on until the subscription is
// stopped or closed, ctx ends, or the sidecar says that it cannot be: Subscription.Wait tells. When the
// sidecar or the broker go away it comes back by itself, and says so by events.
//
// The error is an *Error, of an option that cannot be sent.
func (c *Client) Subscribe(ctx context.Context, queue string, handler Handler,
	options ...SubscribeOption) (*Subscription, error) {
	o := subscribeOptions{concurrency: 1, ackDeadline: defaultAckDeadline}
	for _, option := range options {
		option(&o)
	}
	request, refused := o.request(queue)
	if refused != nil {
		return nil, refused
	}
	return newSubscription(ctx, c, queue, handler, o, request), nil
}

func (o *subscribeOptions) request(queue string) (*pb.SubscribeRequest, *Error) {
	if o.concurrency < 1 {
		return nil, invalidSubscription("concurrency must be at least 1")
	}
	if o.prefetch < 0 || o.prefetch > math.MaxUint16 {
		return nil, invalidSubscription("prefetch must be from 0 to 65535")
	}
	if o.ackDeadline < 0 {
		return nil, invalidSubscription("the ack deadline is below 0")
	}
	if o.priority < math.MinInt32 || o.priority > math.MaxInt32 {
		return nil, invalidSubscription("the priority does not fit 32 bits")
	}
	if o.prefetch == 0 && o.concurrency > sidecarPrefetch {
		o.prefetch = o.concurrency
		if o.prefetch > math.MaxUint16 {
			o.prefetch = math.MaxUint16
		}
	}
	arguments, err := fieldsOf(o.arguments)
	if err != nil {
		return nil, invalidSubscription("argument " + err.Error())
	}
	bindings, err := bindingsOf(o.bindings)
	if err != nil {
		return nil, invalidSubscription(err.Error())
	}
	request := &pb.SubscribeRequest{
		Queue:       queue,
		Bindings:    bindings,
		Prefetch:    uint32(o.prefetch),
		AckDeadline: durationpb.New(o.ackDeadline),
		Exclusive:   o.exclusive,
		Priority:    int32(o.priority),
		Arguments:   arguments,
	}
	if policy := o.retry; policy != nil {
		if policy.MaxAttempts < 0 || policy.MaxAttempts > math.MaxInt32 {
			return nil, invalidSubscription("MaxAttempts must be from 0 to 2147483647")
		}
		request.Retry = &pb.RetryPolicy{
			MaxAttempts:          uint32(policy.MaxAttempts),
			DeadLetterExchange:   policy.DeadLetterExchange,
			DeadLetterRoutingKey: policy.DeadLetterRoutingKey,
		}
		if policy.InitialBackoff != 0 {
			request.Retry.InitialBackoff = durationpb.New(policy.InitialBackoff)
		}
		if policy.MaxBackoff != 0 {
			request.Retry.MaxBackoff = durationpb.New(policy.MaxBackoff)
		}
	}
	if _, err := proto.Marshal(request); err != nil {
		return nil, invalidSubscription(err.Error()) // a text that is not UTF-8
	}
	return request, nil
}

func invalidSubscription(detail string) *Error {
	return &Error{Code: codes.InvalidArgument, Reason: ReasonInvalidSubscription, Detail: detail}
}
