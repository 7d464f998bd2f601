package tests

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	amqpsidecar "amqp-sidecar.dev/client"
)

func TestWhatAHandlerReturnsSettlesItsDelivery(t *testing.T) {
	t.Parallel()
	client := shared(t)
	dead := newQueue(t, client, amqpsidecar.Queue{})
	exchange := newExchange(t, client, amqpsidecar.Exchange{Type: "fanout"}, dead)
	queue := newQueue(t, client, amqpsidecar.Queue{Arguments: amqpsidecar.Table{"x-dead-letter-exchange": exchange}})
	for _, body := range []any{"good", "bad at first", "hopeless", []byte("no JSON")} {
		mustPublish(t, client, "", queue, body, amqpsidecar.WithProperties(amqpsidecar.Properties{ContentType: "text/plain"}))
	}
	seen := make(chan string, 100)
	subscription := subscribe(t, client, queue, func(_ context.Context, d *amqpsidecar.Delivery) error {
		var body string
		if err := d.JSON(&body); err != nil {
			seen <- "no JSON"
			return fmt.Errorf("wrapped: %w", err)
		}
		seen <- body
		switch {
		case body == "bad at first" && !d.Redelivered:
			return errors.New("a passing fault")
		case body == "hopeless":
			return fmt.Errorf("wrapped: %w", amqpsidecar.Reject("it never will be"))
		}
		return nil
	})
	counts := map[string]int{}
	for i := 0; i < 5; i++ {
		counts[within(t, "a delivery", seen)]++
	}
	if err := subscription.Stop(soon(t)); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"good": 1, "bad at first": 2, "hopeless": 1, "no JSON": 1}
	if fmt.Sprint(counts) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", counts, want)
	}
	var bodies []string
	for _, d := range take(t, client, dead, 2) {
		bodies = append(bodies, string(d.Body))
	}
	if got := strings.Join(bodies, " "); got != `"hopeless" no JSON` {
		t.Errorf("dead are %s", got)
	}
	if left := depth(t, client, queue); left != 0 {
		t.Errorf("%d are left", left)
	}
}

func TestARetryPolicyWaitsCountsAndDeadLettersWithTheCause(t *testing.T) {
	t.Parallel()
	client := shared(t)
	dead := newQueue(t, client, amqpsidecar.Queue{})
	exchange := newExchange(t, client, amqpsidecar.Exchange{}, dead)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	mustPublish(t, client, "", queue, "fails")
	mustPublish(t, client, "", queue, "rejected")
	attempts := make(chan int, 100)
	subscription := subscribe(t, client, queue, func(_ context.Context, d *amqpsidecar.Delivery) error {
		if string(d.Body) == `"rejected"` {
			return amqpsidecar.Reject(strings.Repeat("é", 1000))
		}
		attempts <- d.Attempt
		panic("a handler that panics")
	}, amqpsidecar.WithRetry(amqpsidecar.RetryPolicy{MaxAttempts: 3, InitialBackoff: 20 * time.Millisecond,
		MaxBackoff: 30 * time.Millisecond, DeadLetterExchange: exchange, DeadLetterRoutingKey: "bound"}))
	for want := 1; want <= 3; want++ {
		if got := within(t, "an attempt", attempts); got != want {
			t.Errorf("attempt %d came as %d", want, got)
		}
	}
	reasons := map[string]string{}
	for _, d := range take(t, client, dead, 2) {
		reasons[string(d.Body)], _ = d.Headers["x-sidecar-reason"].(string)
		if d.Headers["x-sidecar-queue"] != queue {
			t.Errorf("headers are %v", d.Headers)
		}
	}
	if reasons[`"rejected"`] != strings.Repeat("é", 512) || reasons[`"fails"`] == "" {
		t.Errorf("reasons are %q", reasons)
	}
	if err := subscription.Stop(soon(t)); err != nil {
		t.Error(err)
	}
}

func TestRetryComesAgainAfterItsOwnDelay(t *testing.T) {
	t.Parallel()
	client := shared(t)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	mustPublish(t, client, "", queue, 1)
	times := make(chan time.Time, 10)
	subscribe(t, client, queue, func(_ context.Context, d *amqpsidecar.Delivery) error {
		times <- time.Now()
		if d.Attempt == 1 {
			return fmt.Errorf("later: %w", amqpsidecar.Retry(500*time.Millisecond))
		}
		return nil
	})
	first, second := within(t, "the first", times), within(t, "the second", times)
	if waited := second.Sub(first); waited < 450*time.Millisecond {
		t.Errorf("it came again after %v", waited)
	}
}

func TestNoMoreHandlersRunAtOnceThanConcurrencySays(t *testing.T) {
	t.Parallel()
	client := shared(t)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	const bound = 7
	var running, most atomic.Int64
	var done sync.WaitGroup
	done.Add(200)
	full := make(chan struct{})
	for i := 0; i < 200; i++ {
		mustPublish(t, client, "", queue, i)
	}
	subscribe(t, client, queue, func(context.Context, *amqpsidecar.Delivery) error {
		defer done.Done()
		now := running.Add(1)
		defer running.Add(-1)
		for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
		}
		if now == bound {
			select {
			case <-full:
			default:
				close(full)
			}
		}
		<-full
		time.Sleep(time.Millisecond) // the work
		return nil
	}, amqpsidecar.WithConcurrency(bound))
	within(t, "all handlers at once", full)
	done.Wait()
	if most.Load() != bound {
		t.Errorf("%d handlers ran at once, want %d", most.Load(), bound)
	}
}

func TestMoreConcurrencyThanTheDefaultPrefetchRaisesIt(t *testing.T) {
	t.Parallel()
	client := shared(t)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	const bound = 100
	release := make(chan struct{})
	var running atomic.Int64
	for i := 0; i < bound; i++ {
		mustPublish(t, client, "", queue, i)
	}
	subscription := subscribe(t, client, queue, func(context.Context, *amqpsidecar.Delivery) error {
		running.Add(1)
		<-release
		return nil
	}, amqpsidecar.WithConcurrency(bound))
	eventually(t, "all of them run", func() bool { return running.Load() == bound })
	close(release)
	if err := subscription.Stop(soon(t)); err != nil {
		t.Error(err)
	}
}

func TestWorkThatTakesLongerThanTheDeadlineIsExtended(t *testing.T) {
	t.Parallel()
	client := shared(t)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	var told events
	deliveries := make(chan int, 10)
	// The second waits for the first: it is extended, too.
	mustPublish(t, client, "", queue, 1)
	mustPublish(t, client, "", queue, 2)
	subscription := subscribe(t, client, queue, func(_ context.Context, d *amqpsidecar.Delivery) error {
		deliveries <- d.Attempt
		time.Sleep(2 * time.Second) // the work
		return nil
	}, amqpsidecar.WithAckDeadline(time.Second), told.record())
	within(t, "the first", deliveries)
	within(t, "the second", deliveries)
	// While it is stopped the stream is half-closed, and calls extend.
	if err := subscription.Stop(soon(t)); err != nil {
		t.Error(err)
	}
	if told.count(amqpsidecar.SettleFailed) > 0 || len(deliveries) > 0 || depth(t, client, queue) > 0 {
		t.Errorf("%v, %d deliveries more, %d left", told.all(), len(deliveries), depth(t, client, queue))
	}
}

func TestNothingIsLostWhenTheSidecarIsKilled(t *testing.T) {
	t.Parallel()
	s := startSidecar(t, nil)
	client := connect(t, s)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	const count = 500
	publisher := shared(t).Publisher()
	for i := 0; i < count; i++ {
		if _, err := publisher.Publish(soon(t), "", queue, i); err != nil {
			t.Fatal(err)
		}
	}
	if err := publisher.Close(soon(t)); err != nil {
		t.Fatal(err)
	}
	var told events
	var mu sync.Mutex
	seen := map[string]int{}
	total := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(seen)
	}
	killed := make(chan struct{})
	subscription := subscribe(t, client, queue, func(_ context.Context, d *amqpsidecar.Delivery) error {
		if total() > 50 {
			<-killed // in mid-work
		}
		mu.Lock()
		defer mu.Unlock()
		seen[string(d.Body)]++
		return nil
	}, told.record(), amqpsidecar.WithConcurrency(2))
	eventually(t, "some are done", func() bool { return total() > 50 })
	s.do(t, "kill")
	eventually(t, "the end is told", func() bool { return told.count(amqpsidecar.Disconnected) > 0 })
	close(killed)
	s.do(t, "restart")
	eventually(t, "all are done", func() bool { return total() == count })
	if err := subscription.Stop(soon(t)); err != nil {
		t.Error(err)
	}
	if told.count(amqpsidecar.Subscribed) != 2 || told.count(amqpsidecar.Disconnected) != 1 {
		t.Errorf("told were %v", told.all())
	}
	if left := depth(t, client, queue); left != 0 {
		t.Errorf("%d are left", left)
	}
}

func TestACutLinkIsToldAndWhatWasNotBegunIsDropped(t *testing.T) {
	t.Parallel()
	s := startSidecar(t, settings{"proxy": true})
	client := connect(t, s)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	for i := 0; i < 20; i++ {
		mustPublish(t, client, "", queue, i)
	}
	var told events
	begun, goOn := make(chan *amqpsidecar.Delivery, 1000), make(chan struct{})
	subscription := subscribe(t, client, queue, func(_ context.Context, d *amqpsidecar.Delivery) error {
		begun <- d
		<-goOn
		return nil
	}, told.record())
	first := within(t, "the first", begun)
	s.do(t, "cut")
	eventually(t, "it is back", func() bool { return told.count(amqpsidecar.Resubscribed) == 1 })
	close(goOn)
	eventually(t, "the stale settlement is told", func() bool { return told.count(amqpsidecar.SettleFailed) > 0 })
	seen := map[string]int{string(first.Body): 1}
	for len(seen) < 20 || seen[string(first.Body)] < 2 {
		seen[string(within(t, "a delivery", begun).Body)]++
	}
	if err := subscription.Stop(soon(t)); err != nil {
		t.Error(err)
	}
	for body, times := range seen {
		if times != 1 && body != string(first.Body) {
			t.Errorf("%s was begun %d times", body, times)
		}
	}
	if told.count(amqpsidecar.Interrupted) != 1 || told.count(amqpsidecar.SettleFailed) != 1 {
		t.Errorf("told were %v", told.all())
	}
	for _, event := range told.all() {
		if event.Kind == amqpsidecar.SettleFailed &&
			(event.Reason != amqpsidecar.ReasonStaleDelivery || event.DeliveryID != first.ID || event.Queue != queue) {
			t.Errorf("got %+v", event)
		}
	}
}

func TestAShutdownIsToldAndGetsBackWhatWasNotBegun(t *testing.T) {
	t.Parallel()
	s := startSidecar(t, settings{"config": settings{"drain_timeout": "10s"}})
	client := connect(t, s)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	for i := 0; i < 20; i++ {
		mustPublish(t, client, "", queue, i)
	}
	var told events
	begun, goOn := make(chan struct{}, 1000), make(chan struct{})
	subscription := subscribe(t, client, queue, func(_ context.Context, d *amqpsidecar.Delivery) error {
		begun <- struct{}{}
		<-goOn
		return nil
	}, told.record(), amqpsidecar.WithRetry(amqpsidecar.RetryPolicy{MaxAttempts: 1}))
	within(t, "the first", begun)
	allSent(t, s, queue, 20)
	s.do(t, "terminate")
	eventually(t, "the rest is back", func() bool { return depth(t, shared(t), queue) == 19 })
	if len(begun) > 0 || told.count(amqpsidecar.Draining) != 1 {
		t.Errorf("%d were begun meanwhile; told were %v", len(begun), told.all())
	}
	close(goOn)
	s.do(t, "ended")
	eventually(t, "the end is told", func() bool { return told.count(amqpsidecar.Disconnected) > 0 })
	if left := depth(t, shared(t), queue); left != 19 {
		t.Errorf("%d are left, want 19: the one at work was settled on the stream", left)
	}
	s.do(t, "restart")
	for i := 0; i < 19; i++ {
		within(t, "the rest", begun)
	}
	if err := subscription.Stop(soon(t)); err != nil {
		t.Error(err)
	}
	if told.count(amqpsidecar.SettleFailed) > 0 {
		t.Errorf("told were %v", told.all())
	}
}

func TestStopLetsHandlersFinishAndGivesTheRestBack(t *testing.T) {
	t.Parallel()
	client := shared(t)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	for i := 0; i < 50; i++ {
		mustPublish(t, client, "", queue, i)
	}
	var told events
	begun, goOn := make(chan string, 100), make(chan struct{})
	subscription := subscribe(t, client, queue, func(_ context.Context, d *amqpsidecar.Delivery) error {
		begun <- string(d.Body)
		<-goOn
		switch string(d.Body) {
		case "1":
			return errors.New("comes again")
		case "2":
			return amqpsidecar.Reject("dropped")
		}
		return nil
	}, amqpsidecar.WithConcurrency(3), told.record(),
		amqpsidecar.WithRetry(amqpsidecar.RetryPolicy{MaxAttempts: 2, InitialBackoff: 10 * time.Millisecond}))
	for i := 0; i < 3; i++ {
		within(t, "a handler", begun)
	}
	allSent(t, world.shared, queue, 50)
	stopped := make(chan error, 1)
	go func() { stopped <- subscription.Stop(context.Background()) }()
	eventually(t, "the rest is back", func() bool { return depth(t, client, queue) == 47 })
	select {
	case err := <-stopped:
		t.Fatalf("it stopped with handlers at work: %v", err)
	default:
	}
	close(goOn)
	if err := within(t, "the stop", stopped); err != nil {
		t.Fatal(err)
	}
	if err := subscription.Wait(); err != nil {
		t.Errorf("Wait says %v", err)
	}
	if told.count(amqpsidecar.SettleFailed) > 0 || len(begun) > 0 {
		t.Errorf("%d begun after; told were %v", len(begun), told.all())
	}
	rest := take(t, client, queue, 48) // 0 is acked, 2 rejected, 1 back
	if len(rest) != 48 {
		t.Errorf("%d were left, want 48", len(rest))
	}
	for _, d := range rest {
		if failed := string(d.Body) == "1"; (d.Attempt == 2) != failed {
			t.Errorf("%s comes as attempt %d: what was not begun is no attempt", d.Body, d.Attempt)
		}
		if string(d.Body) == "0" || string(d.Body) == "2" {
			t.Errorf("%s was settled", d.Body)
		}
	}
}

func TestAStopThatRunsOutOfTimeSaysWhatItLeft(t *testing.T) {
	t.Parallel()
	client := shared(t)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	mustPublish(t, client, "", queue, 1)
	ended := make(chan error, 1)
	begun := make(chan struct{})
	subscription := subscribe(t, client, queue, func(ctx context.Context, _ *amqpsidecar.Delivery) error {
		close(begun)
		<-ctx.Done()
		ended <- ctx.Err()
		return nil
	})
	within(t, "the handler", begun)
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	err := subscription.Stop(ctx)
	e := expected{codes.DeadlineExceeded, "", amqpsidecar.PersistedUnspecified, false}.check(t, err)
	if !strings.Contains(e.Detail, "1 handlers") || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it says %v", err)
	}
	within(t, "the handler's own end", ended)
	within(t, "the end", subscription.Done())
	eventually(t, "the message is back", func() bool { return depth(t, client, queue) == 1 })
}

func TestASubscriptionEndsAtOnceWithItsContext(t *testing.T) {
	t.Parallel()
	client := shared(t)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	for i := 0; i < 3; i++ {
		mustPublish(t, client, "", queue, i)
	}
	ctx, cancel := context.WithCancel(context.Background())
	begun := make(chan struct{}, 10)
	subscription, err := client.Subscribe(ctx, queue, func(ctx context.Context, _ *amqpsidecar.Delivery) error {
		begun <- struct{}{}
		<-ctx.Done()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	within(t, "the handler", begun)
	cancel()
	within(t, "the end", subscription.Done())
	if err := subscription.Wait(); err != nil {
		t.Errorf("Wait says %v", err)
	}
	eventually(t, "all are back", func() bool { return depth(t, client, queue) == 3 })
	if len(begun) > 0 {
		t.Error("another handler was begun")
	}
}

func TestAStreamQueueStopsThoughItTakesNothingBack(t *testing.T) {
	t.Parallel()
	client := shared(t)
	queue := newQueue(t, client, amqpsidecar.Queue{Type: amqpsidecar.StreamQueue})
	for i := 0; i < 20; i++ {
		mustPublish(t, client, "", queue, i)
	}
	consume := func(told *events, handler amqpsidecar.Handler) *amqpsidecar.Subscription {
		return subscribe(t, client, queue, handler, amqpsidecar.WithAckDeadline(0), told.record(),
			amqpsidecar.WithArguments(amqpsidecar.Table{"x-stream-offset": "first"}))
	}
	t.Run("with a handler at work", func(t *testing.T) {
		var told events
		begun, goOn := make(chan struct{}, 100), make(chan struct{})
		subscription := consume(&told, func(context.Context, *amqpsidecar.Delivery) error {
			begun <- struct{}{}
			<-goOn
			return nil
		})
		within(t, "the first", begun)
		go close(goOn)
		if err := subscription.Stop(soon(t)); err != nil {
			t.Error(err)
		}
		if told.count(amqpsidecar.SettleFailed) > 0 {
			t.Errorf("told were %v", told.all())
		}
	})
	t.Run("with what a handler nacked", func(t *testing.T) {
		var told events
		subscription := consume(&told, func(context.Context, *amqpsidecar.Delivery) error {
			return errors.New("a stream takes nothing back")
		})
		// More where the broker has written one of them to the stream twice.
		eventually(t, "all is told", func() bool { return told.count(amqpsidecar.SettleFailed) >= 20 })
		if err := subscription.Stop(soon(t)); err != nil {
			t.Error(err)
		}
		for _, event := range told.all() {
			if event.Kind == amqpsidecar.SettleFailed && event.Reason != amqpsidecar.ReasonNotRequeueable {
				t.Errorf("got %+v", event)
			}
		}
	})
}

func TestBindingsMakeAQueueForTheSubscription(t *testing.T) {
	t.Parallel()
	client := shared(t)
	exchange := newExchange(t, client, amqpsidecar.Exchange{Type: "topic"})
	var told events
	got := make(chan *amqpsidecar.Delivery, 10)
	subscribe(t, client, "", func(_ context.Context, d *amqpsidecar.Delivery) error {
		got <- d
		return nil
	}, amqpsidecar.WithBindings(amqpsidecar.Binding{Exchange: exchange, RoutingKey: "order.*"}), told.record())
	eventually(t, "it is there", func() bool { return told.count(amqpsidecar.Subscribed) == 1 })
	mustPublish(t, client, exchange, "order.created", 1)
	if d := within(t, "the message", got); d.RoutingKey != "order.created" || d.Queue == "" {
		t.Errorf("got %+v", d)
	}
}

func TestEventsAndHandlersErrorsAreLoggedWithoutTheBody(t *testing.T) {
	t.Parallel()
	var text lines
	client := shared(t, amqpsidecar.WithLogger(log.New(&text, "", 0)))
	queue := newQueue(t, client, amqpsidecar.Queue{})
	id := mustPublish(t, client, "", queue, "a secret").MessageID
	handled := make(chan struct{}, 10)
	subscribe(t, client, queue, func(_ context.Context, d *amqpsidecar.Delivery) error {
		handled <- struct{}{}
		if !d.Redelivered {
			return errors.New("a fault of the handler's")
		}
		return nil
	})
	within(t, "the first", handled)
	within(t, "the second", handled)
	for _, want := range []string{"INFO amqp-sidecar: ", queue, "SUBSCRIBED", "WARN amqp-sidecar: ", id, "a fault of the handler's"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the log has no %q:\n%s", want, text.String())
		}
	}
	if strings.Contains(text.String(), "a secret") {
		t.Errorf("the log has the body:\n%s", text.String())
	}
}

func TestAnEventFunctionThatPanicsDoesNoHarm(t *testing.T) {
	t.Parallel()
	var text lines
	client := shared(t, amqpsidecar.WithLogger(log.New(&text, "", 0)))
	queue := newQueue(t, client, amqpsidecar.Queue{})
	handled := make(chan struct{}, 10)
	subscribe(t, client, queue, func(context.Context, *amqpsidecar.Delivery) error {
		handled <- struct{}{}
		return nil
	}, amqpsidecar.WithOnEvent(func(amqpsidecar.Event) { panic("of the event function") }))
	mustPublish(t, client, "", queue, 1)
	within(t, "the delivery", handled)
	if !strings.Contains(text.String(), "of the event function") {
		t.Errorf("the log says %q", text.String())
	}
}

func TestASubscriptionWaitsForASidecarThatIsNotThereYetAndCanBeStopped(t *testing.T) {
	t.Parallel()
	client := connect(t, sidecar{address: "unix:///nowhere/of/any/sidecar.sock"})
	subscription := subscribe(t, client, "queue", nil)
	if err := subscription.Stop(soon(t)); err != nil {
		t.Error(err)
	}
	other := subscribe(t, client, "queue", nil)
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	within(t, "the end", other.Done())
	if err := other.Wait(); !errors.Is(err, amqpsidecar.ErrClosed) {
		t.Errorf("Wait says %v", err)
	}
}
