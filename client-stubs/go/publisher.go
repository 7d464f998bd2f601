package amqpsidecar

import (
	"context"
	"errors"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "amqp-sidecar.dev/client/amqpsidecarv1"
)

const defaultMaxInFlight = 1000

// ErrClosed is what errors.Is finds in the error of a publish by a Publisher or Client that is closed.
var ErrClosed = errors.New("amqpsidecar: closed")

// PublisherOption is an option of Client.Publisher.
type PublisherOption func(*Publisher)

// WithMaxInFlight bounds the messages that are not answered yet; 1000 by default, at least 1.
func WithMaxInFlight(messages int) PublisherOption {
	return func(p *Publisher) {
		if messages < 1 {
			messages = 1
		}
		p.room = make(chan struct{}, messages)
	}
}

// Publisher publishes many messages over one stream, in batches of whatever waits. Messages of one exchange
// and routing key keep the order of the calls, as long as none is tried again.
type Publisher struct {
	client *Client
	ctx    context.Context
	cancel context.CancelFunc
	room   chan struct{} // holds one for each message without an answer
	over   chan struct{} // closed when run has returned

	mu       sync.Mutex
	work     sync.Cond            // queue, closing or the stream has changed
	items    map[uint64]*outgoing // those without an answer, by tag
	queue    []*outgoing          // those to be written, in order; some may be answered meanwhile
	lastTag  uint64
	closing  bool
	giveUp   context.CancelFunc // of the stream that is being opened
	timer    *time.Timer        // calls expire
	expireAt time.Time          // when, zero where it is not set
}

// outgoing is one message without an answer. Guarded by the publisher's mutex, the confirmation apart.
type outgoing struct {
	confirmation Confirmation
	item         *pb.PublishItem
	size         int
	deadline     time.Time
	written      bool // to the stream that is open, or was just now
	failures     int
	told         *Error // the last answer that has it tried again
}

// Publisher opens a stream to publish on, with the first message. Close it in the end.
func (c *Client) Publisher(options ...PublisherOption) *Publisher {
	p := &Publisher{
		client: c,
		room:   make(chan struct{}, defaultMaxInFlight),
		over:   make(chan struct{}),
		items:  make(map[uint64]*outgoing),
	}
	p.work.L = &p.mu
	p.ctx, p.cancel = context.WithCancel(c.ctx)
	for _, option := range options {
		option(p)
	}
	p.timer = time.AfterFunc(time.Hour, p.expire)
	p.timer.Stop()
	go p.run()
	return p
}

// Publish takes one message and returns at once; the Confirmation has the answer later. Where as many as
// WithMaxInFlight allows have no answer yet, it waits for room first, until ctx ends. From then on ctx has
// no part in it. The arguments are as those of Client.Publish; a body of []byte must not be changed before
// the answer. The error is an *Error, of a message that was not taken.
func (p *Publisher) Publish(ctx context.Context, exchange, routingKey string, body any,
	options ...PublishOption) (*Confirmation, error) {
	o := publishOptions{timeout: defaultTimeout}
	for _, option := range options {
		option(&o)
	}
	if o.timeout == 0 {
		o.timeout = defaultTimeout
	}
	message, refused := p.client.message(ctx, exchange, routingKey, body, &o)
	if refused != nil {
		return nil, refused
	}
	id := message.Properties.MessageId
	select {
	case p.room <- struct{}{}:
	default:
		select {
		case p.room <- struct{}{}:
		case <-p.ctx.Done():
			return nil, closedError(id)
		case <-ctx.Done():
			e := &Error{Code: status.FromContextError(ctx.Err()).Code(), Persisted: PersistedNo, MessageID: id,
				Detail: "there was no room for it: " + ctx.Err().Error(), cause: ctx.Err()}
			return nil, e.finished()
		}
	}
	out := &outgoing{
		confirmation: Confirmation{messageID: id},
		item:         &pb.PublishItem{Message: message, AllowUnroutable: o.allowUnroutable},
		size:         len(message.Body),
		deadline:     time.Now().Add(o.timeout),
	}
	if !p.accept(out) {
		<-p.room
		return nil, closedError(id)
	}
	return &out.confirmation, nil
}

func closedError(messageID string) *Error {
	e := &Error{Code: codes.FailedPrecondition, Persisted: PersistedNo, MessageID: messageID,
		Detail: "the publisher is closed", cause: ErrClosed}
	return e.finished()
}

func (p *Publisher) accept(out *outgoing) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closing || p.ctx.Err() != nil {
		return false
	}
	p.lastTag++
	out.item.Tag = p.lastTag
	p.items[out.item.Tag] = out
	p.queue = append(p.queue, out)
	if len(p.queue) == 1 {
		p.work.Signal()
	}
	p.wakeAt(out.deadline)
	return true
}

// wakeAt sees to it that expire is called then or earlier. With the mutex.
func (p *Publisher) wakeAt(deadline time.Time) {
	if p.expireAt.IsZero() || deadline.Before(p.expireAt) {
		p.expireAt = deadline
		p.timer.Reset(time.Until(deadline))
	}
}

// expire answers those whose time is over.
func (p *Publisher) expire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expireAt = time.Time{}
	now := time.Now()
	for _, out := range p.items {
		if out.deadline.After(now) {
			p.wakeAt(out.deadline)
			continue
		}
		p.fail(out, out.timedOut())
	}
	// Else what is answered would pile up here while there is no stream.
	waiting := p.queue[:0]
	for _, out := range p.queue {
		if p.items[out.item.Tag] == out {
			waiting = append(waiting, out)
		}
	}
	p.queue = waiting
}

func (out *outgoing) timedOut() *Error {
	if out.told != nil && out.written {
		return out.told.unanswered(PersistedUnknown)
	}
	if out.told != nil {
		return out.told
	}
	e := &Error{Code: codes.DeadlineExceeded, Reason: ReasonSidecarUnavailable, Persisted: PersistedNo,
		Detail: "the sidecar was not there in time: it was not sent"}
	if out.written {
		e.Persisted, e.Detail = PersistedUnknown, "the sidecar gave no answer in time"
	}
	return e
}

// fail answers with an error. With the mutex.
func (p *Publisher) fail(out *outgoing, e *Error) {
	e.MessageID = out.confirmation.messageID
	p.answer(out, Result{}, e.finished())
}

// answer is the only place where a message leaves. With the mutex.
func (p *Publisher) answer(out *outgoing, result Result, e *Error) {
	delete(p.items, out.item.Tag)
	out.confirmation.answer(result, e)
	<-p.room
	p.wakeIfIdle()
}

// wakeIfIdle ends what waits for a stream that nobody needs. With the mutex.
func (p *Publisher) wakeIfIdle() {
	if !p.closing || len(p.items) > 0 {
		return
	}
	p.work.Broadcast()
	if p.giveUp != nil {
		p.giveUp()
	}
}

// tryAgain puts it back into the queue later, or answers with e where its time would be over. With the mutex.
func (p *Publisher) tryAgain(out *outgoing, e *Error) {
	e.MessageID = out.confirmation.messageID
	out.told, out.written = e, false
	out.failures++
	delay := backoffOf(out.failures, publishBackoffFirst, publishBackoffMost)
	if time.Until(out.deadline) < delay+shortestTry {
		p.fail(out, e)
		return
	}
	time.AfterFunc(delay, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.items[out.item.Tag] == out {
			p.queue = append(p.queue, out)
			p.work.Signal()
		}
	})
}

// Flush waits until all that was taken before has its answer, or until ctx ends: then the error is the
// context's. What the answers are, the Confirmations say.
func (p *Publisher) Flush(ctx context.Context) error {
	p.mu.Lock()
	waiting := make([]*outgoing, 0, len(p.items))
	for _, out := range p.items {
		waiting = append(waiting, out)
	}
	p.mu.Unlock()
	for _, out := range waiting {
		select {
		case <-out.confirmation.Done():
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Close takes no more messages, waits until all have their answer, and ends the stream. If ctx ends first,
// what has no answer fails at once, and the error is the context's.
func (p *Publisher) Close(ctx context.Context) error {
	p.mu.Lock()
	p.closing = true
	p.wakeIfIdle()
	p.mu.Unlock()
	select {
	case <-p.over:
		return nil
	case <-ctx.Done():
		p.cancel()
		<-p.over
		return ctx.Err()
	}
}
