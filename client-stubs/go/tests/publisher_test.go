package tests

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	amqpsidecar "amqp-sidecar.dev/client"
)

func TestUnroutableItemsFailAloneAmongMany(t *testing.T) {
	t.Parallel()
	client := shared(t)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	exchange := newExchange(t, client, amqpsidecar.Exchange{}, queue)
	publisher := client.Publisher()
	var confirmations []*amqpsidecar.Confirmation
	for i := 0; i < 900; i++ {
		key, options := "bound", []amqpsidecar.PublishOption(nil)
		if i%3 == 1 {
			key = "nowhere"
		} else if i%3 == 2 {
			key, options = "nowhere", append(options, amqpsidecar.WithAllowUnroutable())
		}
		confirmation, err := publisher.Publish(soon(t), exchange, key, i, options...)
		if err != nil {
			t.Fatal(err)
		}
		confirmations = append(confirmations, confirmation)
	}
	if err := publisher.Close(soon(t)); err != nil {
		t.Fatal(err)
	}
	for i, confirmation := range confirmations {
		result, err := confirmation.Wait(soon(t))
		if i%3 == 1 {
			expected{codes.FailedPrecondition, amqpsidecar.ReasonUnroutable, amqpsidecar.PersistedNo, false}.checkPublish(t, err)
		} else if err != nil || result.Routed != (i%3 == 0) || result.MessageID != confirmation.MessageID() {
			t.Fatalf("message %d: %+v, %v", i, result, err)
		}
	}
	if messages := depth(t, client, queue); messages != 300 {
		t.Errorf("the queue has %d messages, want 300", messages)
	}
}

func TestTenThousandMessagesComeThroughOnceEachAndInOrder(t *testing.T) {
	t.Parallel()
	client := shared(t)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	const count = 10_000
	got := make(chan int, count+1)
	subscription := subscribe(t, client, queue, func(_ context.Context, d *amqpsidecar.Delivery) error {
		var i int
		err := d.JSON(&i)
		got <- i
		return err
	})
	publisher := client.Publisher()
	for i := 0; i < count; i++ {
		if _, err := publisher.Publish(soon(t), "", queue, i); err != nil {
			t.Fatal(err)
		}
	}
	if err := publisher.Flush(soon(t)); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < count; i++ {
		if n := within(t, fmt.Sprintf("message %d", i), got); n != i {
			t.Fatalf("message %d came in the place of %d", n, i)
		}
	}
	if err := subscription.Stop(soon(t)); err != nil {
		t.Error(err)
	}
	if err := publisher.Close(soon(t)); err != nil {
		t.Error(err)
	}
	if len(got) != 0 || depth(t, client, queue) != 0 {
		t.Errorf("%d came twice, and %d are left", len(got), depth(t, client, queue))
	}
}

func TestAfterAKillEveryMessageHasAnAnswerAndTheUnknownMayBeSentAgain(t *testing.T) {
	t.Parallel()
	s := startSidecar(t, nil)
	client := connect(t, s)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	publisher := client.Publisher(amqpsidecar.WithMaxInFlight(200))
	const count = 5000
	var mu sync.Mutex
	unknown := map[string]int{}
	answered := 0
	var waiting sync.WaitGroup
	publish := func(i int, id string) {
		confirmation, err := publisher.Publish(soon(t), "", queue, i,
			amqpsidecar.WithProperties(amqpsidecar.Properties{MessageID: id}))
		if err != nil {
			t.Error(err)
			return
		}
		waiting.Add(1)
		go func() {
			defer waiting.Done()
			_, err := confirmation.Wait(soon(t))
			mu.Lock()
			defer mu.Unlock()
			answered++
			if err == nil {
				return
			}
			expected{codes.Unavailable, amqpsidecar.ReasonSidecarUnavailable, amqpsidecar.PersistedUnknown, false}.checkPublish(t, err)
			unknown[err.(*amqpsidecar.Error).MessageID] = i
		}()
	}
	restarted := make(chan struct{})
	for i := 0; i < count; i++ {
		publish(i, fmt.Sprint("id-", i))
		if i == 1000 {
			go func() {
				defer close(restarted)
				s.do(t, "kill")
				s.do(t, "restart")
			}()
		}
	}
	within(t, "the restart", restarted)
	waiting.Wait()
	if answered != count || len(unknown) == 0 {
		t.Fatalf("%d answers, %d of them unknown", answered, len(unknown))
	}
	again := unknown
	unknown = map[string]int{}
	for id, i := range again {
		publish(i, id)
	}
	waiting.Wait()
	if len(unknown) > 0 {
		t.Fatalf("unknown again: %v", unknown)
	}
	if err := publisher.Close(soon(t)); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, d := range take(t, client, queue, depth(t, client, queue)) {
		seen[d.MessageID]++
	}
	twice := 0
	for i := 0; i < count; i++ {
		id := fmt.Sprint("id-", i)
		if seen[id] == 0 {
			t.Errorf("%s is lost", id)
		}
		if _, was := again[id]; seen[id] > 1 && !was {
			t.Errorf("%s is there %d times, and was never unknown", id, seen[id])
		} else if seen[id] > 1 {
			twice++
		}
	}
	t.Logf("%d were unknown, %d of them are there twice", len(again), twice)
}

func TestAPublisherHoldsNoMoreThanItsBound(t *testing.T) {
	t.Parallel()
	s := startSidecar(t, settings{"proxy": true})
	client := connect(t, s)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	s.do(t, "hold")
	publisher := client.Publisher(amqpsidecar.WithMaxInFlight(3))
	for i := 0; i < 3; i++ {
		if _, err := publisher.Publish(soon(t), "", queue, i); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_, err := publisher.Publish(ctx, "", queue, 3)
	expected{codes.DeadlineExceeded, "", amqpsidecar.PersistedNo, false}.checkPublish(t, err)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v is not context.DeadlineExceeded", err)
	}
	s.do(t, "release")
	if _, err := publisher.Publish(soon(t), "", queue, 3); err != nil {
		t.Error(err)
	}
	if err := publisher.Close(soon(t)); err != nil {
		t.Error(err)
	}
	if messages := depth(t, client, queue); messages != 4 {
		t.Errorf("the queue has %d messages, want 4", messages)
	}
}

func TestAnItemWithoutAnAnswerFailsAtItsTime(t *testing.T) {
	t.Parallel()
	s := startSidecar(t, settings{"proxy": true})
	client := connect(t, s)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	s.do(t, "hold")
	publisher := client.Publisher()
	slow, err := publisher.Publish(soon(t), "", queue, 1, amqpsidecar.WithTimeout(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	fast, err := publisher.Publish(soon(t), "", queue, 2, amqpsidecar.WithTimeout(300*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	_, err = fast.Wait(soon(t))
	want := expected{codes.DeadlineExceeded, amqpsidecar.ReasonSidecarUnavailable, amqpsidecar.PersistedUnknown, false}
	want.checkPublish(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = slow.Wait(ctx)
	expected{codes.Canceled, "", amqpsidecar.PersistedUnknown, false}.checkPublish(t, err)
	if err := publisher.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Close says %v", err)
	}
	_, err = slow.Wait(soon(t))
	expected{codes.Canceled, "", amqpsidecar.PersistedUnknown, false}.checkPublish(t, err)
	_, err = publisher.Publish(soon(t), "", queue, 3)
	expected{codes.FailedPrecondition, "", amqpsidecar.PersistedNo, false}.checkPublish(t, err)
	if !errors.Is(err, amqpsidecar.ErrClosed) {
		t.Errorf("%v is not ErrClosed", err)
	}
}

func TestAPublisherWithoutASidecarClosesWhenItsItemsHaveFailed(t *testing.T) {
	t.Parallel()
	client := connect(t, sidecar{address: "unix:///nowhere/of/any/sidecar.sock"})
	publisher := client.Publisher()
	confirmation, err := publisher.Publish(soon(t), "", "queue", 1, amqpsidecar.WithTimeout(200*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	if err := publisher.Close(soon(t)); err != nil {
		t.Error(err)
	}
	select {
	case <-confirmation.Done():
	default:
		t.Error("Close returned before the last answer")
	}
}

func TestClosingTheClientEndsItsPublishers(t *testing.T) {
	t.Parallel()
	client := connect(t, sidecar{address: "unix:///nowhere/of/any/sidecar.sock"})
	publisher := client.Publisher()
	confirmation, err := publisher.Publish(soon(t), "", "queue", 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	_, err = confirmation.Wait(soon(t))
	expected{codes.Canceled, "", amqpsidecar.PersistedNo, false}.checkPublish(t, err)
	if !errors.Is(err, amqpsidecar.ErrClosed) {
		t.Errorf("%v is not ErrClosed", err)
	}
}

func TestLargeItemsGoAlone(t *testing.T) {
	t.Parallel()
	client := shared(t)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	publisher := client.Publisher()
	body := make([]byte, 1<<20)
	for i := 0; i < 20; i++ {
		if _, err := publisher.Publish(soon(t), "", queue, body, amqpsidecar.WithProperties(
			amqpsidecar.Properties{ContentType: "application/octet-stream"})); err != nil {
			t.Fatal(err)
		}
	}
	if err := publisher.Close(soon(t)); err != nil {
		t.Fatal(err)
	}
	if messages := depth(t, client, queue); messages != 20 {
		t.Errorf("the queue has %d messages, want 20", messages)
	}
}
