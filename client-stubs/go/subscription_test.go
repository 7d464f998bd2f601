package amqpsidecar

import (
	"context"
	"testing"

	pb "amqp-sidecar.dev/client/amqpsidecarv1"
)

func TestNoHandlerIsBegunAnyMoreOnceItIsStopped(t *testing.T) {
	for name, stop := range map[string]func(*Subscription){
		"stopping": func(s *Subscription) { s.stopping = true },
		"over":     func(s *Subscription) { s.over = true },
		"closed":   func(s *Subscription) { s.cancel() },
	} {
		s := &Subscription{waiting: []*held{{}, {}}}
		s.work.L = &s.mu
		s.ctx, s.cancel = context.WithCancel(context.Background())
		if s.next() == nil {
			t.Errorf("%s: it began none before", name)
		}
		stop(s)
		if s.next() != nil {
			t.Errorf("%s: it began another one", name)
		}
		s.cancel()
	}
}

func TestWhatAHandlerReturnsCountsUntilTheSubscriptionIsClosedOrItsStreamEnds(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Subscription)
		acks   int
	}{
		"open":   {func(*Subscription) {}, 1},
		"closed": {func(s *Subscription) { s.cancel() }, 0},
		"ended":  {func(s *Subscription) { s.session.dead = true }, 0},
	} {
		s := &Subscription{running: 1}
		s.ctx, s.cancel = context.WithCancel(context.Background())
		s.session = &session{s: s, wake: make(chan struct{}, 1), held: map[string]*held{}}
		c.change(s)
		s.settle(&held{session: s.session, raw: &pb.Delivery{DeliveryId: "id"}}, nil)
		if len(s.session.acks) != c.acks || s.running != 0 {
			t.Errorf("%s: %d acks, %d running", name, len(s.session.acks), s.running)
		}
		s.cancel()
	}
}

func TestWhatComesWhileItIsStoppedIsGivenBack(t *testing.T) {
	s := &Subscription{stopping: true}
	ses := &session{s: s, wake: make(chan struct{}, 1), held: map[string]*held{}}
	ses.take([]*pb.Delivery{{DeliveryId: "a"}, {DeliveryId: "b"}})
	select {
	case <-ses.wake:
	default:
		t.Error("the writer was not woken")
	}
	if _, _, back, stopping := ses.takeAll(); len(back) != 2 || !stopping || len(ses.held) != 0 {
		t.Errorf("given back are %v", back)
	}
}
