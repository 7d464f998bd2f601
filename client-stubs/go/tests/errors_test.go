package tests

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	amqpsidecar "amqp-sidecar.dev/client"
)

type expected struct {
	code      codes.Code
	reason    amqpsidecar.Reason
	persisted amqpsidecar.Persisted
	retryable bool
}

func (want expected) check(t *testing.T, err error) *amqpsidecar.Error {
	t.Helper()
	var e *amqpsidecar.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v (%T), want %+v", err, err, want)
	}
	got := expected{e.Code, e.Reason, e.Persisted, e.Retryable}
	if got != want {
		t.Fatalf("got %+v, want %+v (%v)", got, want, err)
	}
	if e.Detail == "" {
		t.Errorf("%v has no detail", err)
	}
	return e
}

func (want expected) checkPublish(t *testing.T, err error) {
	t.Helper()
	if e := want.check(t, err); e.MessageID == "" {
		t.Errorf("%v has no message id", err)
	}
}

// bothWays publishes by the call and by the stream.
func bothWays(t *testing.T, client *amqpsidecar.Client, want expected, exchange, key string, body any,
	options ...amqpsidecar.PublishOption) {
	t.Helper()
	_, err := client.Publish(soon(t), exchange, key, body, options...)
	want.checkPublish(t, err)
	publisher := client.Publisher()
	confirmation, err := publisher.Publish(soon(t), exchange, key, body, options...)
	if err == nil {
		_, err = confirmation.Wait(soon(t))
	}
	want.checkPublish(t, err)
	if err := publisher.Close(soon(t)); err != nil {
		t.Error(err)
	}
}

func TestEveryRefusalOfAMessageHasItsReason(t *testing.T) {
	t.Parallel()
	client := shared(t)
	no := amqpsidecar.PersistedNo
	queue := newQueue(t, client, amqpsidecar.Queue{})
	direct := newExchange(t, client, amqpsidecar.Exchange{}, queue)
	internal := newExchange(t, client, amqpsidecar.Exchange{Internal: true}, queue)
	full := newQueue(t, client, amqpsidecar.Queue{
		Arguments: amqpsidecar.Table{"x-max-length": 1, "x-overflow": "reject-publish"}})
	mustPublish(t, client, "", full, "fills it")
	fanout := newExchange(t, client, amqpsidecar.Exchange{Type: "fanout"}, full, queue)

	for _, c := range []struct {
		name          string
		exchange, key string
		body          any
		want          expected
	}{
		{"no exchange and no key", "", "", "x",
			expected{codes.InvalidArgument, amqpsidecar.ReasonInvalidMessage, no, false}},
		{"a key that is not UTF-8", "", "\xff", "x",
			expected{codes.InvalidArgument, amqpsidecar.ReasonInvalidMessage, no, false}},
		{"bytes that are no JSON", "", queue, []byte("{"),
			expected{codes.InvalidArgument, amqpsidecar.ReasonInvalidBody, no, false}},
		{"what cannot be made JSON", "", queue, make(chan int),
			expected{codes.InvalidArgument, amqpsidecar.ReasonInvalidBody, no, false}},
		{"too large", "", queue, strings.Repeat("x", 1<<20),
			expected{codes.InvalidArgument, amqpsidecar.ReasonMessageTooLarge, no, false}},
		{"no such exchange", "go-no-such-exchange", "key", "x",
			expected{codes.NotFound, amqpsidecar.ReasonExchangeNotFound, no, false}},
		{"no binding", direct, "unbound", "x",
			expected{codes.FailedPrecondition, amqpsidecar.ReasonUnroutable, no, false}},
		{"an internal exchange", internal, "bound", "x",
			expected{codes.PermissionDenied, amqpsidecar.ReasonAccessRefused, no, false}},
		{"a full queue", "", full, "x",
			expected{codes.ResourceExhausted, amqpsidecar.ReasonRefusedByBroker, no, true}},
		{"one full queue of two", fanout, "", "x", expected{codes.ResourceExhausted,
			amqpsidecar.ReasonRefusedByBroker, amqpsidecar.PersistedPartial, false}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bothWays(t, client, c.want, c.exchange, c.key, c.body)
		})
	}
}

func TestAnErrorReadsAsReasonCodeAndDetail(t *testing.T) {
	t.Parallel()
	_, err := shared(t).Publish(soon(t), "go-no-such-exchange", "key", "x")
	if err == nil || !strings.HasPrefix(err.Error(), "EXCHANGE_NOT_FOUND (NOT_FOUND): ") {
		t.Fatalf("got %v", err)
	}
}

func TestTheSidecarsLimitIsAReasonOfItsOwn(t *testing.T) {
	t.Parallel()
	s := startSidecar(t, settings{"proxy": true, "config": settings{
		"limits": settings{"max_in_flight_messages": 1}}})
	client := connect(t, s)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	mustPublish(t, client, "", queue, "x")
	s.do(t, "hold")
	first := make(chan error, 1)
	go func() {
		_, err := client.Publish(context.Background(), "", queue, "x")
		first <- err
	}()
	eventually(t, "a message is in flight", func() bool { return status(t, s).GetPublisher().GetInFlight() == 1 })
	_, err := client.Publish(soon(t), "", queue, "x")
	expected{codes.ResourceExhausted, amqpsidecar.ReasonLimitExceeded, amqpsidecar.PersistedNo, true}.checkPublish(t, err)
	s.do(t, "release")
	if err := within(t, "the first answer", first); err != nil {
		t.Error(err)
	}
}

func TestWithoutABrokerThePublishIsTriedUntilItsTimeIsOver(t *testing.T) {
	t.Parallel()
	client := connect(t, startSidecar(t, settings{"broker": false}))
	began := time.Now()
	_, err := client.Publish(soon(t), "", "queue", "x", amqpsidecar.WithTimeout(time.Second))
	expected{codes.Unavailable, amqpsidecar.ReasonBrokerUnavailable, amqpsidecar.PersistedNo, true}.checkPublish(t, err)
	if took := time.Since(began); took < 700*time.Millisecond || took > 1500*time.Millisecond {
		t.Errorf("it took %v of a second", took)
	}
}

// With the alarm nothing else runs: it is the whole broker's.
func TestAnAlarmMakesOneUnknownAndTheOthersBlocked(t *testing.T) {
	s := startSidecar(t, nil)
	client := connect(t, s)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	mustPublish(t, client, "", queue, "x")
	if _, err := ask(map[string]any{"do": "alarm", "on": true}); err != nil {
		t.Fatal(err)
	}
	off := func() {
		if _, err := ask(map[string]any{"do": "alarm", "on": false}); err != nil {
			t.Error(err)
		}
	}
	defer off()
	_, err := client.Publish(soon(t), "", queue, "first", amqpsidecar.WithTimeout(time.Second))
	expected{codes.DeadlineExceeded, amqpsidecar.ReasonOutcomeUnknown, amqpsidecar.PersistedUnknown, false}.checkPublish(t, err)
	_, err = client.Publish(soon(t), "", queue, "second", amqpsidecar.WithTimeout(time.Second))
	expected{codes.Unavailable, amqpsidecar.ReasonBrokerBlocked, amqpsidecar.PersistedNo, true}.checkPublish(t, err)
}

func TestAnUnknownOutcomeIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	s := startSidecar(t, settings{"proxy": true})
	client := connect(t, s)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	mustPublish(t, client, "", queue, "first")
	s.do(t, "hold")
	_, err := client.Publish(soon(t), "", queue, "second", amqpsidecar.WithTimeout(500*time.Millisecond))
	want := expected{codes.DeadlineExceeded, amqpsidecar.ReasonOutcomeUnknown, amqpsidecar.PersistedUnknown, false}
	want.checkPublish(t, err)
	s.do(t, "release")
	if total := status(t, s).GetPublisher(); total.GetFailed()["OUTCOME_UNKNOWN"] != 1 {
		t.Errorf("the sidecar counts %v", total)
	}
	if messages := depth(t, shared(t), queue); messages != 2 {
		t.Errorf("the queue has %d messages, want 2", messages)
	}
}

func TestAShutdownIsTriedAgainUntilTheTimeIsOver(t *testing.T) {
	t.Parallel()
	s := startSidecar(t, settings{"config": settings{"drain_timeout": "5s"}})
	client := connect(t, s)
	release := holdOne(t, client, newQueue(t, client, amqpsidecar.Queue{}))
	defer release()
	s.do(t, "terminate")
	eventually(t, "it drains", func() bool {
		_, err := client.Publish(soon(t), "", "go-no-such-queue", "x", amqpsidecar.WithTimeout(300*time.Millisecond))
		var e *amqpsidecar.Error
		return errors.As(err, &e) && e.Reason == amqpsidecar.ReasonDraining
	})
	want := expected{codes.Unavailable, amqpsidecar.ReasonDraining, amqpsidecar.PersistedNo, true}
	bothWays(t, client, want, "", "go-no-such-queue", "x", amqpsidecar.WithTimeout(300*time.Millisecond))
}

func TestWithoutASidecarNothingWasSent(t *testing.T) {
	t.Parallel()
	client := connect(t, sidecar{address: "unix:///nowhere/of/any/sidecar.sock"})
	want := expected{codes.DeadlineExceeded, amqpsidecar.ReasonSidecarUnavailable, amqpsidecar.PersistedNo, false}
	bothWays(t, client, want, "", "queue", "x", amqpsidecar.WithTimeout(300*time.Millisecond))
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_, err := client.GetQueue(ctx, "queue")
	want.persisted = amqpsidecar.PersistedUnspecified
	want.check(t, err)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v does not say that the caller's own time was over", err)
	}
}

func TestASidecarKilledInMidCallLeavesItUnknown(t *testing.T) {
	t.Parallel()
	s := startSidecar(t, settings{"proxy": true})
	client := connect(t, s)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	mustPublish(t, client, "", queue, "first")
	s.do(t, "hold")
	answered := make(chan error, 1)
	go func() {
		_, err := client.Publish(context.Background(), "", queue, "second")
		answered <- err
	}()
	eventually(t, "it is in flight", func() bool { return status(t, s).GetPublisher().GetInFlight() == 1 })
	s.do(t, "kill")
	want := expected{codes.Unavailable, amqpsidecar.ReasonSidecarUnavailable, amqpsidecar.PersistedUnknown, false}
	want.checkPublish(t, within(t, "the answer", answered))
}

func TestSubscriptionsThatCannotBeEndWithTheirReason(t *testing.T) {
	t.Parallel()
	client := shared(t)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	taken := newQueue(t, client, amqpsidecar.Queue{})
	var first events
	subscribe(t, client, taken, nil, amqpsidecar.WithExclusive(), first.record())
	eventually(t, "the first consumer is there", func() bool { return first.count(amqpsidecar.Subscribed) == 1 })
	none := amqpsidecar.PersistedUnspecified
	for _, c := range []struct {
		name, queue string
		option      amqpsidecar.SubscribeOption
		want        expected
	}{
		{"no such queue", "go-no-such-queue", amqpsidecar.WithConsumerPriority(0),
			expected{codes.NotFound, amqpsidecar.ReasonQueueNotFound, none, false}},
		{"another has it", taken, amqpsidecar.WithConsumerPriority(0),
			expected{codes.FailedPrecondition, amqpsidecar.ReasonQueueExclusive, none, false}},
		{"a backoff that cannot be", queue, amqpsidecar.WithRetry(amqpsidecar.RetryPolicy{InitialBackoff: 1}),
			expected{codes.InvalidArgument, amqpsidecar.ReasonInvalidSubscription, none, false}},
		{"a forbidden argument", queue, amqpsidecar.WithArguments(amqpsidecar.Table{"x": struct{}{}}),
			expected{codes.InvalidArgument, amqpsidecar.ReasonInvalidSubscription, none, false}},
		{"a queue that is not UTF-8", "\xff", amqpsidecar.WithConsumerPriority(0),
			expected{codes.InvalidArgument, amqpsidecar.ReasonInvalidSubscription, none, false}},
		{"no concurrency", queue, amqpsidecar.WithConcurrency(0),
			expected{codes.InvalidArgument, amqpsidecar.ReasonInvalidSubscription, none, false}},
	} {
		t.Run(c.name, func(t *testing.T) {
			subscription, err := client.Subscribe(soon(t), c.queue, nil, c.option)
			if err == nil {
				within(t, "the end of the subscription", subscription.Done())
				err = subscription.Wait()
			}
			c.want.check(t, err)
		})
	}
}

func TestEveryRefusalOfTheTopologyHasItsReason(t *testing.T) {
	t.Parallel()
	client := shared(t)
	ctx := soon(t)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	mustPublish(t, client, "", queue, "x")
	exchange := newExchange(t, client, amqpsidecar.Exchange{}, queue)
	declare := func(queues []amqpsidecar.Queue, bindings []amqpsidecar.Binding) error {
		_, err := client.DeclareTopology(ctx, amqpsidecar.Topology{Queues: queues, Bindings: bindings})
		return err
	}
	_, notThere := client.GetQueue(ctx, "go-no-such-queue")
	_, notEmpty := client.DeleteQueue(ctx, queue, amqpsidecar.IfEmpty())
	for name, c := range map[string]struct {
		err    error
		code   codes.Code
		reason amqpsidecar.Reason
	}{
		"no such queue": {notThere, codes.NotFound, amqpsidecar.ReasonQueueNotFound},
		"not empty":     {notEmpty, codes.FailedPrecondition, amqpsidecar.ReasonQueueNotEmpty},
		"in use":        {client.DeleteExchange(ctx, exchange, amqpsidecar.IfUnused()), codes.FailedPrecondition, amqpsidecar.ReasonQueueInUse},
		"a conflict": {declare([]amqpsidecar.Queue{{Name: queue, Arguments: amqpsidecar.Table{"x-message-ttl": 1000}}}, nil),
			codes.FailedPrecondition, amqpsidecar.ReasonTopologyConflict},
		"no such exchange": {declare(nil, []amqpsidecar.Binding{{Queue: queue, Exchange: "go-no-such-exchange"}}),
			codes.NotFound, amqpsidecar.ReasonExchangeNotFound},
		"a reserved name": {declare([]amqpsidecar.Queue{{Name: "x", Exclusive: true, Type: amqpsidecar.QuorumQueue}}, nil),
			codes.InvalidArgument, amqpsidecar.ReasonInvalidTopology},
		"an argument that AMQP has not": {declare([]amqpsidecar.Queue{{Arguments: amqpsidecar.Table{"x": nil}}}, nil),
			codes.InvalidArgument, amqpsidecar.ReasonInvalidTopology},
		"a name that is not UTF-8": {declare([]amqpsidecar.Queue{{Name: "\xff"}}, nil),
			codes.InvalidArgument, amqpsidecar.ReasonInvalidTopology},
	} {
		t.Run(name, func(t *testing.T) {
			expected{c.code, c.reason, amqpsidecar.PersistedUnspecified, false}.check(t, c.err)
		})
	}
}
