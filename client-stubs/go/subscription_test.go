package amqpsidecar

import (
	"context"
	"testing"
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
