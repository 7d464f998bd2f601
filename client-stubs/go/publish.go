package amqpsidecar

import (
	"context"
	"encoding/json"
	"time"
	"unicode/utf8"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"

	pb "amqp-sidecar.dev/client/amqpsidecarv1"
)

// Result is what became of a message that the broker has confirmed.
type Result struct {
	// MessageID is the message's, whether given or made here.
	MessageID string
	// Routed says whether it reached a queue. It is false only with WithAllowUnroutable.
	Routed bool
}

// PublishOption is an option of one message.
type PublishOption func(*publishOptions)

type publishOptions struct {
	properties      Properties
	allowUnroutable bool
	timeout         time.Duration
}

// WithProperties sets AMQP's properties of the message.
func WithProperties(properties Properties) PublishOption {
	return func(o *publishOptions) { o.properties = properties }
}

// WithAllowUnroutable accepts a message that no binding routes: the broker drops it, and Routed is false.
func WithAllowUnroutable() PublishOption {
	return func(o *publishOptions) { o.allowUnroutable = true }
}

// WithTimeout bounds the whole of a publish, retries included. Of Client.Publish the context's deadline
// counts, too, whichever is earlier; where neither is given it is 10 s. Of Publisher.Publish it begins when
// the message is taken, and is 10 s by default. Zero means the default.
func WithTimeout(timeout time.Duration) PublishOption {
	return func(o *publishOptions) { o.timeout = timeout }
}

// Publish hands one message to the broker, and waits until that has confirmed it. A body of []byte is sent
// as it is; any other is sent as the JSON that json.Marshal makes of it, a string as a JSON string.
// Exchange "" is the default one, which routes to the queue that the key names.
//
// A failure is an *Error. One that is safe to try again (UNAVAILABLE, and the broker does not have the
// message) is tried again, with the same message id, while the time allows: see WithTimeout. Cancelling ctx
// takes nothing back: a message that was on its way may be there.
func (c *Client) Publish(ctx context.Context, exchange, routingKey string, body any,
	options ...PublishOption) (Result, error) {
	var o publishOptions
	for _, option := range options {
		option(&o)
	}
	message, refused := c.message(ctx, exchange, routingKey, body, &o)
	if refused != nil {
		return Result{}, refused
	}
	if _, has := ctx.Deadline(); o.timeout == 0 && !has {
		o.timeout = defaultTimeout
	}
	limited := ctx
	if o.timeout != 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, o.timeout)
		defer cancel()
	}
	return c.publish(ctx, limited, &pb.PublishRequest{Message: message, AllowUnroutable: o.allowUnroutable})
}

// publish tries until limited ends; ctx is the caller's own.
func (c *Client) publish(ctx, limited context.Context, request *pb.PublishRequest) (Result, error) {
	messageID := request.Message.Properties.MessageId
	deadline, _ := limited.Deadline()
	var told *Error // by the last try that had an answer
	for failures := 1; ; failures++ {
		var taken peer.Peer // stays empty where the call never got a stream: then nothing was sent
		response, err := c.publisher.Publish(limited, request, grpc.Peer(&taken))
		if err == nil {
			return Result{MessageID: response.MessageId, Routed: response.Routed}, nil
		}
		e := errorOfPublish(ctx, err, messageID, taken.Addr != nil)
		if told != nil && e.Reason == ReasonSidecarUnavailable && e.Code == codes.DeadlineExceeded {
			return Result{}, told.unanswered(e.Persisted)
		}
		if e.Persisted != PersistedNo || e.Code != codes.Unavailable {
			return Result{}, e
		}
		told = e
		delay := backoffOf(failures, publishBackoffFirst, publishBackoffMost)
		if time.Until(deadline) < delay+shortestTry || !pause(limited, delay) {
			if ctx.Err() == context.Canceled {
				told.Code, told.Reason, told.cause = codes.Canceled, "", ctx.Err()
				told.Detail = "cancelled before the next try; the last one said: " + told.Detail
			}
			return Result{}, told.finished()
		}
	}
}

// message makes what is sent, and the message id where none is given.
func (c *Client) message(ctx context.Context, exchange, routingKey string, body any,
	o *publishOptions) (*pb.Message, *Error) {
	if o.properties.MessageID == "" {
		o.properties.MessageID = newUUID()
	}
	id := o.properties.MessageID
	bytes, ok := body.([]byte)
	if !ok {
		var err error
		if bytes, err = json.Marshal(body); err != nil {
			return nil, refusedHere(ReasonInvalidBody, id, "the body cannot be made JSON: "+err.Error(), err)
		}
	}
	if !utf8.ValidString(exchange) || !utf8.ValidString(routingKey) {
		return nil, refusedHere(ReasonInvalidMessage, id, "exchange or routing key is not valid UTF-8", nil)
	}
	o.properties.Headers = inject(ctx, c.trace, o.properties.Headers)
	properties, err := o.properties.toProto()
	if err != nil {
		return nil, refusedHere(ReasonInvalidMessage, id, err.Error(), err)
	}
	return &pb.Message{Exchange: exchange, RoutingKey: routingKey, Body: bytes, Properties: properties}, nil
}
