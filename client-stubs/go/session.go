package amqpsidecar

import (
	"context"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	pb "amqp-sidecar.dev/client/amqpsidecarv1"
)

// session is one stream of a Subscription. The fields below the blank line are guarded by the
// subscription's mutex.
type session struct {
	s      *Subscription
	stream pb.SubscriberService_SubscribeStreamClient
	cancel context.CancelFunc
	wake   chan struct{} // of the writer, when it has something to do

	held     map[string]*held // not settled, and extended
	acks     []string         // to be written
	others   []*pb.SubscribeStreamRequest
	lasted   bool // it has brought something
	draining bool
	kept     bool // a stream queue takes nothing back: the stream ends by itself only when all is acked
	dead     bool
}

// runSession opens a stream and serves it until it ends. No error means that the subscription was stopped,
// and every settlement taken.
func (s *Subscription) runSession() (lasted bool, err *Error) {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	opened, watched := make(chan struct{}), make(chan struct{})
	go func() { // Stop ends the opening, but not what is open
		defer close(watched)
		select {
		case <-s.goOn.Done():
			cancel()
		case <-opened:
		}
	}()
	stream, failure := s.client.subscriber.SubscribeStream(ctx)
	close(opened)
	<-watched
	if failure == nil {
		failure = stream.Send(&pb.SubscribeStreamRequest{
			Kind: &pb.SubscribeStreamRequest_Subscribe{Subscribe: s.request},
		})
		if errors.Is(failure, io.EOF) {
			_, failure = stream.Recv()
		}
	}
	if s.goOn.Err() != nil {
		return false, nil // before it had anything
	}
	if failure != nil {
		return false, errorOfStream(failure)
	}
	ses := &session{s: s, stream: stream, cancel: cancel, wake: make(chan struct{}, 1),
		held: make(map[string]*held)}
	s.mu.Lock()
	s.session = ses
	if s.stopping {
		ses.wakeWriter()
	}
	s.mu.Unlock()

	written := make(chan struct{})
	go func() {
		defer close(written)
		ses.write(ctx)
	}()
	failure = ses.read()
	ended := ses.end(failure)
	cancel()
	<-written
	return ses.lasted, ended
}

func errorOfStream(failure error) *Error {
	if errors.Is(failure, io.EOF) {
		failure = status.Error(codes.Unavailable, "the sidecar ended the stream")
	}
	return errorOfCall(context.Background(), failure)
}

// end makes of it a stream that was. No error means that it ended as it should.
func (ses *session) end(failure error) *Error {
	s := ses.s
	s.mu.Lock()
	defer s.mu.Unlock()
	ses.dead = true
	ses.held = nil
	s.session = nil
	s.waiting = nil
	if s.stopping && (errors.Is(failure, io.EOF) || ses.kept && s.running == 0) {
		return nil
	}
	return errorOfStream(failure)
}

func (ses *session) read() error {
	for {
		response, err := ses.stream.Recv()
		if err != nil {
			return err
		}
		if len(response.Deliveries) > 0 {
			ses.take(response.Deliveries)
		}
		if response.Event != nil {
			ses.happened(response.Event)
		}
		if len(response.Failures) > 0 {
			ses.failed(response.Failures)
		}
	}
}

func (ses *session) take(deliveries []*pb.Delivery) {
	s := ses.s
	s.mu.Lock()
	defer s.mu.Unlock()
	ses.lasted = true
	for _, raw := range deliveries {
		h := &held{session: ses, raw: raw}
		ses.held[raw.DeliveryId] = h
		s.waiting = append(s.waiting, h)
	}
	if s.stopping || ses.draining {
		ses.wakeWriter() // it gives them back
		return
	}
	for i := 0; i < len(deliveries) && i < s.idle; i++ {
		s.work.Signal()
	}
}

func (ses *session) happened(event *pb.SubscriptionEvent) {
	s := ses.s
	s.mu.Lock()
	ses.lasted = true
	switch event.Kind {
	case pb.SubscriptionEventKind_SUBSCRIPTION_EVENT_KIND_INTERRUPTED:
		// The broker delivers all of it again. What is worked on is settled all the same, and told.
		s.waiting = nil
		ses.held = make(map[string]*held)
	case pb.SubscriptionEventKind_SUBSCRIPTION_EVENT_KIND_DRAINING:
		ses.draining = true
		ses.wakeWriter()
	default:
	}
	s.mu.Unlock()
	s.tell(Event{Kind: kindOf(event.Kind), Detail: event.Detail})
}

// failed tells of settlements that did not take. An id that is held still was only to be extended: its
// settlement will tell.
func (ses *session) failed(failures []*pb.SettleFailure) {
	s := ses.s
	for _, failure := range failures {
		s.mu.Lock()
		_, unsettled := ses.held[failure.DeliveryId]
		delete(ses.held, failure.DeliveryId)
		s.mu.Unlock()
		if !unsettled && Reason(failure.Reason) != ReasonDeadlineLimit {
			ses.tellFailure(failure.DeliveryId, Reason(failure.Reason), failure.Detail)
		}
	}
}

func (ses *session) tellFailure(id string, reason Reason, detail string) {
	ses.s.tell(Event{Kind: SettleFailed, DeliveryID: id, Reason: reason, Detail: detail})
}

// endIfKept ends the stream of a stream queue once no handler is at work: what was not begun it cannot give
// back. With the mutex.
func (ses *session) endIfKept() {
	if ses.s.stopping && ses.kept && ses.s.running == 0 {
		ses.cancel()
	}
}

// wakeWriter is for whoever has left something to write.
func (ses *session) wakeWriter() {
	select {
	case ses.wake <- struct{}{}:
	default:
	}
}

// ticker extends what is held, twice in each ack deadline; nil where there is none.
func (ses *session) ticker() (ticks <-chan time.Time, stop func()) {
	if half := ses.s.options.ackDeadline / 2; half > 0 {
		ticker := time.NewTicker(half)
		return ticker.C, ticker.Stop
	}
	return nil, func() {}
}

// extension is of all that is held; nil where nothing is.
func (ses *session) extension() *pb.ExtendAckDeadlineRequest {
	ses.s.mu.Lock()
	defer ses.s.mu.Unlock()
	if len(ses.held) == 0 {
		return nil
	}
	request := &pb.ExtendAckDeadlineRequest{AckDeadline: durationpb.New(ses.s.options.ackDeadline)}
	for id := range ses.held {
		request.DeliveryIds = append(request.DeliveryIds, id)
	}
	return request
}
