package amqpsidecar

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "amqp-sidecar.dev/client/amqpsidecarv1"
)

const stopTimeout = 30 * time.Second

// Subscription consumes from one queue, over one stream after the other, until it is stopped.
type Subscription struct {
	client  *Client
	queue   string
	handler Handler
	options subscribeOptions
	request *pb.SubscribeRequest

	ctx     context.Context // of streams and handlers
	cancel  context.CancelFunc
	goOn    context.Context // ends with Stop, too: of waiting for a stream
	endWait context.CancelFunc
	workers sync.WaitGroup
	done    chan struct{}
	telling sync.Mutex // one event at a time

	mu       sync.Mutex
	work     sync.Cond // waiting, stopping or over has changed
	waiting  []*held   // deliveries of session that no handler has begun
	idle     int       // workers that wait for work
	running  int       // handlers at work, their settlement included
	stopping bool
	over     bool     // no handler is begun any more
	session  *session // the stream that is open
	err      error    // once done is closed
}

// held is a delivery that is not settled.
type held struct {
	session *session
	raw     *pb.Delivery
}

func newSubscription(ctx context.Context, client *Client, queue string, handler Handler,
	options subscribeOptions, request *pb.SubscribeRequest) *Subscription {
	s := &Subscription{
		client:  client,
		queue:   queue,
		handler: handler,
		options: options,
		request: request,
		done:    make(chan struct{}),
	}
	s.work.L = &s.mu
	s.ctx, s.cancel = context.WithCancel(ctx)
	s.goOn, s.endWait = context.WithCancel(s.ctx)
	s.workers.Add(options.concurrency)
	for i := 0; i < options.concurrency; i++ {
		go s.handleAll()
	}
	go s.run()
	return s
}

// Done is closed when the subscription is over and no handler is at work.
func (s *Subscription) Done() <-chan struct{} { return s.done }

// Wait returns when the subscription is over and no handler is at work: with nil after Stop, Close or the
// end of Subscribe's ctx, else with the *Error that ended it, such as QUEUE_NOT_FOUND.
func (s *Subscription) Wait() error {
	<-s.done
	return s.err
}

// Close ends the subscription at once. What is not settled goes back to the queue; handlers at work have
// their ctx ended, and what they return counts no more. It does not wait for them: Wait does.
func (s *Subscription) Close() { s.cancel() }

// Stop ends the subscription gracefully: no handler is begun any more, what none had begun is given back to
// the queue, and those at work finish and have their deliveries settled. It returns nil when the sidecar has
// taken every settlement. When ctx ends first (after 30 s where it has no deadline) it closes the
// subscription, so that what is not settled goes back, and returns an *Error that says what was left.
func (s *Subscription) Stop(ctx context.Context) error {
	if _, has := ctx.Deadline(); !has {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, stopTimeout)
		defer cancel()
	}
	s.mu.Lock()
	s.stopping = true
	s.work.Broadcast()
	if s.session != nil {
		s.session.wakeWriter()
	}
	s.mu.Unlock()
	s.endWait()
	select {
	case <-s.done:
		return s.err
	case <-ctx.Done():
	}
	s.mu.Lock()
	running := s.running
	s.mu.Unlock()
	s.cancel()
	return &Error{
		Code:   status.FromContextError(ctx.Err()).Code(),
		Detail: fmt.Sprintf("stopped with %d handlers at work: what they hold goes back to the queue", running),
		cause:  ctx.Err(),
	}
}

// run keeps a stream open.
func (s *Subscription) run() {
	defer s.client.watch(s.cancel)()
	var err *Error
	for failures := 0; ; {
		var lasted bool
		lasted, err = s.runSession()
		if err == nil || s.goOn.Err() != nil || !isPassing(err) {
			break
		}
		s.tell(Event{Kind: Disconnected, Detail: fmt.Sprintf("%v; it is opened again", err)})
		if failures++; lasted {
			failures = 1
		}
		if !pause(s.goOn, backoffOf(failures, streamBackoffFirst, streamBackoffMost)) {
			break
		}
	}
	closed := s.ctx.Err() != nil
	s.mu.Lock()
	s.over = true
	s.work.Broadcast()
	stopping := s.stopping
	s.mu.Unlock()
	s.workers.Wait()
	s.cancel()
	if err != nil && !closed {
		if stopping {
			err.Detail = "the sidecar went away while the subscription was stopped: " + err.Detail
		}
		s.err = err
	}
	if s.client.ctx.Err() != nil {
		s.err = &Error{Code: codes.Canceled, Detail: "the client was closed", cause: ErrClosed}
	}
	close(s.done)
}

// isPassing: a stream that ended like this is opened again.
func isPassing(e *Error) bool {
	switch {
	case e.Code == codes.Unavailable, e.Reason == ReasonSidecarUnavailable:
		return true
	default:
		return e.Code == codes.ResourceExhausted && e.Reason == ReasonLimitExceeded
	}
}

// handleAll is one worker: a handler at a time.
func (s *Subscription) handleAll() {
	defer s.workers.Done()
	for {
		h := s.next()
		if h == nil {
			return
		}
		d := deliveryOf(h.raw)
		err := s.call(d)
		if err != nil {
			s.client.logger.Printf("WARN amqp-sidecar: the handler of queue %q failed: message %s, attempt %d: %v",
				s.queue, d.MessageID, d.Attempt, err)
		}
		s.settle(h, err)
	}
}

// next waits for a delivery; nil means that there is nothing more to do.
func (s *Subscription) next() *held {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if s.over || s.stopping || s.ctx.Err() != nil {
			return nil
		}
		if len(s.waiting) > 0 {
			h := s.waiting[0]
			s.waiting = s.waiting[1:]
			s.running++
			return h
		}
		s.idle++
		s.work.Wait()
		s.idle--
	}
}

func (s *Subscription) call(d *Delivery) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("panic: %v\n%s", panicked, debug.Stack())
		}
	}()
	return s.handler(extract(s.ctx, s.client.trace, d.Headers), d)
}

// settle does what the handler's return says: on the stream, or by a call where the stream is half-closed.
// After the stream's end there is nothing to settle: the sidecar has given it back.
func (s *Subscription) settle(h *held, err error) {
	id := h.raw.DeliveryId
	ses := h.session
	s.mu.Lock()
	delete(ses.held, id)
	calls := s.stopping && !ses.dead
	if !s.stopping && !ses.dead {
		ses.gather(id, settlementOf(id, err))
	}
	if !calls {
		s.running--
	}
	s.mu.Unlock()
	if !calls {
		return
	}
	ses.settleByCall(id, settlementOf(id, err))
	s.mu.Lock()
	s.running--
	ses.endIfKept()
	s.mu.Unlock()
}
