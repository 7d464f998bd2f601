package tests

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"regexp"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	amqpsidecar "amqp-sidecar.dev/client"
)

type order struct {
	ID    int     `json:"order_id"`
	Total float64 `json:"total"`
}

func TestABodyIsBytesAsTheyAreOrJSONOfAnythingElse(t *testing.T) {
	t.Parallel()
	client := shared(t)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	for _, body := range []any{order{1, 9.5}, "text", []byte(`[ 1 ]`), json.RawMessage(`{"a":1}`), nil,
		map[string]int{"a": 1}} {
		mustPublish(t, client, "", queue, body)
	}
	var got []string
	for _, d := range take(t, client, queue, 6) {
		got = append(got, string(d.Body))
	}
	want := []string{`{"order_id":1,"total":9.5}`, `"text"`, `[ 1 ]`, `{"a":1}`, `null`, `{"a":1}`}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAMessageIDIsMadeWhereNoneIsGiven(t *testing.T) {
	t.Parallel()
	client := shared(t)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	made := mustPublish(t, client, "", queue, 1)
	given := mustPublish(t, client, "", queue, 2, amqpsidecar.WithProperties(amqpsidecar.Properties{MessageID: "mine"}))
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(made.MessageID) {
		t.Errorf("%q is no UUID of version 7", made.MessageID)
	}
	if given.MessageID != "mine" || !made.Routed {
		t.Errorf("got %+v and %+v", made, given)
	}
	for i, d := range take(t, client, queue, 2) {
		if want := []string{made.MessageID, "mine"}[i]; d.MessageID != want {
			t.Errorf("delivery %d has %q, want %q", i, d.MessageID, want)
		}
	}
}

func TestPropertiesAndHeadersOfEveryKindComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	client := shared(t)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	exchange := newExchange(t, client, amqpsidecar.Exchange{}, queue)
	at := time.Unix(1700000000, 0).UTC()
	sent := amqpsidecar.Properties{
		ContentType: "text/plain", ContentEncoding: "identity", DeliveryMode: amqpsidecar.Transient, Priority: 5,
		CorrelationID: "correlation", ReplyTo: "reply", Expiration: time.Minute, MessageID: "id", Timestamp: at,
		Type: "type", UserID: "guest", AppID: "app",
		Headers: amqpsidecar.Table{
			"string": "grüße", "int": int64(-1 << 62), "double": 0.1, "yes": true, "no": false, "empty": "",
			"bytes": []byte{0, 255}, "time": at, "array": []any{"a", int64(1), []any{true}},
			"table": amqpsidecar.Table{"inner": amqpsidecar.Table{}, "n": 1.5},
		},
	}
	mustPublish(t, client, exchange, "bound", []byte{0xff}, amqpsidecar.WithProperties(sent))
	got := take(t, client, queue, 1)[0]
	if !reflect.DeepEqual(got.Properties, sent) {
		t.Errorf("got %#v, want %#v", got.Properties, sent)
	}
	if got.Exchange != exchange || got.RoutingKey != "bound" || got.Queue != queue || got.Attempt != 1 ||
		got.Redelivered || string(got.Body) != "\xff" || got.Raw.GetDeliveryId() != got.ID || got.ID == "" {
		t.Errorf("got %+v", got)
	}
}

func TestIntegersOfEveryWidthBecomeInt64(t *testing.T) {
	t.Parallel()
	client := shared(t)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	headers := amqpsidecar.Table{"a": int8(1), "b": int16(1), "c": int32(1), "d": 1, "e": uint8(1), "f": uint16(1),
		"g": uint32(1), "h": uint(1), "i": uint64(1)}
	mustPublish(t, client, "", queue, 1, amqpsidecar.WithProperties(amqpsidecar.Properties{
		Headers: headers, Expiration: amqpsidecar.ExpireAtOnce + time.Hour}))
	got := take(t, client, queue, 1)[0].Headers
	for name := range headers {
		if got[name] != int64(1) {
			t.Errorf("%q is %#v", name, got[name])
		}
	}
}

func TestAHeaderThatCannotBeSentIsRefusedHere(t *testing.T) {
	t.Parallel()
	client := shared(t)
	loop := amqpsidecar.Table{}
	loop["loop"] = loop
	for _, headers := range []amqpsidecar.Table{
		{"nil": nil}, {"struct": order{}}, {"text": "\xff"}, {"\xff": 1}, {"huge": uint64(1 << 63)}, loop,
	} {
		_, err := client.Publish(soon(t), "", "queue", 1, amqpsidecar.WithProperties(amqpsidecar.Properties{Headers: headers}))
		expected{codes.InvalidArgument, amqpsidecar.ReasonInvalidMessage, amqpsidecar.PersistedNo, false}.checkPublish(t, err)
	}
}

func TestWhatMayBeUnroutableSaysSo(t *testing.T) {
	t.Parallel()
	client := shared(t)
	exchange := newExchange(t, client, amqpsidecar.Exchange{})
	result := mustPublish(t, client, exchange, "nowhere", 1, amqpsidecar.WithAllowUnroutable())
	if result.Routed {
		t.Error("it was routed")
	}
}

func TestAPublishOutlivesAShutdownAndTheNextStart(t *testing.T) {
	t.Parallel()
	s := startSidecar(t, settings{"config": settings{"drain_timeout": "1s"}})
	client := connect(t, s)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	release := holdOne(t, client, newQueue(t, client, amqpsidecar.Queue{}))
	defer release()
	s.do(t, "terminate")
	eventually(t, "it drains", func() bool {
		_, err := client.Publish(soon(t), "", "go-no-such-queue", 1, amqpsidecar.WithTimeout(200*time.Millisecond))
		var e *amqpsidecar.Error
		return errors.As(err, &e) && e.Reason == amqpsidecar.ReasonDraining
	})
	publisher := client.Publisher()
	streamed, err := publisher.Publish(soon(t), "", queue, 1)
	if err != nil {
		t.Fatal(err)
	}
	called := make(chan error, 1)
	go func() {
		_, err := client.Publish(context.Background(), "", queue, 2)
		var e *amqpsidecar.Error
		if errors.As(err, &e) && e.Persisted == amqpsidecar.PersistedUnknown {
			_, err = client.Publish(context.Background(), "", queue, 2) // a try met the very end of the sidecar
		}
		called <- err
	}()
	s.do(t, "ended")
	s.do(t, "restart")
	if err := within(t, "the answer of the call", called); err != nil {
		t.Error(err)
	}
	if _, err := streamed.Wait(soon(t)); err != nil {
		t.Error(err)
	}
	if messages := depth(t, client, queue); messages != 2 {
		t.Errorf("the queue has %d messages, want 2", messages)
	}
}

func TestAPublishIsCancelledWithItsContext(t *testing.T) {
	t.Parallel()
	s := startSidecar(t, settings{"proxy": true})
	client := connect(t, s)
	queue := newQueue(t, client, amqpsidecar.Queue{})
	s.do(t, "hold")
	ctx, cancel := context.WithCancel(context.Background())
	answered := make(chan error, 1)
	go func() {
		_, err := client.Publish(ctx, "", queue, 1)
		answered <- err
	}()
	eventually(t, "it is in flight", func() bool { return status(t, s).GetPublisher().GetInFlight() == 1 })
	cancel()
	err := within(t, "the answer", answered)
	expected{codes.Canceled, "", amqpsidecar.PersistedUnknown, false}.checkPublish(t, err)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v is not context.Canceled", err)
	}
}

func TestAPublishIsCancelledBetweenTwoTries(t *testing.T) {
	t.Parallel()
	client := connect(t, startSidecar(t, settings{"broker": false}))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := client.Publish(ctx, "", "queue", 1)
	expected{codes.Canceled, "", amqpsidecar.PersistedNo, false}.checkPublish(t, err)
}

func TestAClientReachesTheSidecarByEveryFormOfAddress(t *testing.T) {
	s := startSidecar(t, settings{"tcp": true})
	t.Setenv(amqpsidecar.AddressEnv, s.address)
	for _, address := range []string{s.address, s.address[len("unix://"):], s.tcp, ""} {
		client := connect(t, sidecar{address: address})
		if _, err := client.GetQueue(soon(t), "go-no-such-queue"); err == nil ||
			err.(*amqpsidecar.Error).Reason != amqpsidecar.ReasonQueueNotFound {
			t.Errorf("by %q: %v", address, err)
		}
	}
	client := connect(t, sidecar{}, amqpsidecar.WithConn(dial(t, s)))
	mustPublish(t, client, "", newQueue(t, client, amqpsidecar.Queue{}), 1)
}

func TestTopologyIsDeclaredSeenAndDeleted(t *testing.T) {
	t.Parallel()
	client, ctx := shared(t), soon(t)
	exchange := unique("go-exchange")
	queues, err := client.DeclareTopology(ctx, amqpsidecar.Topology{
		Exchanges: []amqpsidecar.Exchange{{Name: exchange, Type: "headers", Transient: true, AutoDelete: true,
			Arguments: amqpsidecar.Table{"alternate-exchange": "amq.fanout"}}},
		Queues: []amqpsidecar.Queue{{Type: amqpsidecar.QuorumQueue}, {Name: unique("go-queue"), Exclusive: true, Transient: true}},
	})
	if err != nil || len(queues) != 2 || queues[0] == "" {
		t.Fatalf("got %q, %v", queues, err)
	}
	binding := amqpsidecar.Binding{Queue: queues[0], Exchange: exchange, Arguments: amqpsidecar.Table{"x-match": "all", "a": 1}}
	if _, err := client.DeclareTopology(ctx, amqpsidecar.Topology{Bindings: []amqpsidecar.Binding{binding}}); err != nil {
		t.Fatal(err)
	}
	mustPublish(t, client, exchange, "", 1, amqpsidecar.WithProperties(amqpsidecar.Properties{Headers: amqpsidecar.Table{"a": 1}}))
	if info, err := client.GetQueue(ctx, queues[0]); err != nil || info != (amqpsidecar.QueueInfo{Name: queues[0], Messages: 1}) {
		t.Errorf("got %+v, %v", info, err)
	}
	if count, err := client.PurgeQueue(ctx, queues[0]); err != nil || count != 1 {
		t.Errorf("purged %d, %v", count, err)
	}
	if err := client.UnbindQueue(ctx, binding); err != nil {
		t.Error(err)
	}
	if err := client.DeleteExchange(ctx, exchange); err != nil {
		t.Error(err)
	}
	mustPublish(t, client, "", queues[0], 1)
	if count, err := client.DeleteQueue(ctx, queues[0]); err != nil || count != 1 {
		t.Errorf("deleted with %d, %v", count, err)
	}
}
