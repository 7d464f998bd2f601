// Package tests tries the client against real sidecars on a real RabbitMQ, which the world (a child
// process; see its own head comment) starts, kills and cuts off.
package tests

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	amqpsidecar "amqp-sidecar.dev/client"
)

const patience = 20 * time.Second

var world struct {
	sync.Mutex
	in      io.WriteCloser
	out     *bufio.Scanner
	command *exec.Cmd
	shared  sidecar
}

func TestMain(m *testing.M) {
	script := os.Getenv("SIDECAR_STUB_WORLD")
	if script == "" {
		log.Fatal("SIDECAR_STUB_WORLD must name world.py")
	}
	world.command = exec.Command("python3", script)
	world.command.Stderr = os.Stderr
	in, err := world.command.StdinPipe()
	if err != nil {
		log.Fatal(err)
	}
	out, err := world.command.StdoutPipe()
	if err != nil {
		log.Fatal(err)
	}
	if err := world.command.Start(); err != nil {
		log.Fatal(err)
	}
	world.in, world.out = in, bufio.NewScanner(out)
	world.out.Buffer(nil, 64<<20)
	answer, err := ask(map[string]any{"do": "start", "name": "shared"})
	if err != nil {
		log.Fatal(err)
	}
	world.shared = sidecar{name: "shared", address: answer.Address, amqp: answer.AMQP}
	code := m.Run()
	_ = in.Close()
	_ = world.command.Wait()
	os.Exit(code)
}

type answer struct {
	OK      bool   `json:"ok"`
	Error   string `json:"error"`
	Address string `json:"address"`
	AMQP    string `json:"amqp"`
	TCP     string `json:"tcp"`
	Log     string `json:"log"`
}

func ask(command map[string]any) (answer, error) {
	world.Lock()
	defer world.Unlock()
	line, err := json.Marshal(command)
	if err != nil {
		return answer{}, err
	}
	if _, err := world.in.Write(append(line, '\n')); err != nil {
		return answer{}, err
	}
	if !world.out.Scan() {
		return answer{}, fmt.Errorf("the world ended: %w", world.out.Err())
	}
	var got answer
	if err := json.Unmarshal(world.out.Bytes(), &got); err != nil {
		return answer{}, err
	}
	if !got.OK {
		return got, fmt.Errorf("%v: %s", command["do"], got.Error)
	}
	return got, nil
}

// sidecar is one of the world's.
type sidecar struct {
	name, address, tcp, amqp string
}

var names atomic.Int64

func unique(prefix string) string { return fmt.Sprintf("%s-%d-%d", prefix, os.Getpid(), names.Add(1)) }

type settings map[string]any

// startSidecar starts one for this test alone.
func startSidecar(t *testing.T, with settings) sidecar {
	t.Helper()
	command := map[string]any{"do": "start", "name": unique("go")}
	for key, value := range with {
		command[key] = value
	}
	answer, err := ask(command)
	if err != nil {
		t.Fatal(err)
	}
	s := sidecar{name: command["name"].(string), address: answer.Address, tcp: answer.TCP, amqp: answer.AMQP}
	t.Cleanup(func() { _, _ = ask(map[string]any{"do": "kill", "name": s.name}) })
	return s
}

func (s sidecar) do(t *testing.T, what string) answer {
	t.Helper()
	got, err := ask(map[string]any{"do": what, "name": s.name})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func connect(t *testing.T, s sidecar, options ...amqpsidecar.Option) *amqpsidecar.Client {
	t.Helper()
	options = append([]amqpsidecar.Option{amqpsidecar.WithLogger(log.New(logTo{t}, "", 0))}, options...)
	client, err := amqpsidecar.Connect(s.address, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// shared is a client of the sidecar that the tests share which break nothing.
func shared(t *testing.T, options ...amqpsidecar.Option) *amqpsidecar.Client {
	t.Helper()
	return connect(t, world.shared, options...)
}

// logTo is quiet once the test is over: a subscription may tell of its end later.
type logTo struct{ t *testing.T }

func (l logTo) Write(line []byte) (int, error) {
	defer func() { _ = recover() }()
	l.t.Log(string(bytes.TrimSpace(line)))
	return len(line), nil
}

// lines is a log that a test reads.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// eventually waits for what a predicate says.
func eventually(t *testing.T, what string, predicate func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !predicate(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it did not come to this: %s", what)
		}
	}
}

// within waits for a channel.
func within[T any](t *testing.T, what string, channel <-chan T) T {
	t.Helper()
	select {
	case value := <-channel:
		return value
	case <-time.After(patience):
		t.Fatalf("it did not come: %s", what)
		panic("unreachable")
	}
}

func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// newQueue declares a queue of its own for a test, and deletes it in the end.
func newQueue(t *testing.T, client *amqpsidecar.Client, queue amqpsidecar.Queue) string {
	t.Helper()
	if queue.Name == "" {
		queue.Name = unique("go-queue")
	}
	if _, err := client.DeclareTopology(soon(t), amqpsidecar.Topology{Queues: []amqpsidecar.Queue{queue}}); err != nil {
		t.Fatal(err)
	}
	cleanly(t, func(ctx context.Context, c *amqpsidecar.Client) { _, _ = c.DeleteQueue(ctx, queue.Name) })
	return queue.Name
}

func newExchange(t *testing.T, client *amqpsidecar.Client, exchange amqpsidecar.Exchange,
	bound ...string) string {
	t.Helper()
	exchange.Name = unique("go-exchange")
	topology := amqpsidecar.Topology{Exchanges: []amqpsidecar.Exchange{exchange}}
	for _, queue := range bound {
		topology.Bindings = append(topology.Bindings,
			amqpsidecar.Binding{Queue: queue, Exchange: exchange.Name, RoutingKey: "bound"})
	}
	if _, err := client.DeclareTopology(soon(t), topology); err != nil {
		t.Fatal(err)
	}
	cleanly(t, func(ctx context.Context, c *amqpsidecar.Client) { _ = c.DeleteExchange(ctx, exchange.Name) })
	return exchange.Name
}

// cleanly tidies up through the shared sidecar: the test's own may be gone.
func cleanly(t *testing.T, tidy func(context.Context, *amqpsidecar.Client)) {
	t.Cleanup(func() {
		client, err := amqpsidecar.Connect(world.shared.address)
		if err != nil {
			t.Error(err)
			return
		}
		defer client.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		tidy(ctx, client)
	})
}

func mustPublish(t *testing.T, client *amqpsidecar.Client, exchange, key string, body any,
	options ...amqpsidecar.PublishOption) amqpsidecar.Result {
	t.Helper()
	result, err := client.Publish(soon(t), exchange, key, body, options...)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func subscribe(t *testing.T, client *amqpsidecar.Client, queue string, handler amqpsidecar.Handler,
	options ...amqpsidecar.SubscribeOption) *amqpsidecar.Subscription {
	t.Helper()
	subscription, err := client.Subscribe(context.Background(), queue, handler, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(subscription.Close)
	return subscription
}

// events records what WithOnEvent is told.
type events struct {
	mu   sync.Mutex
	told []amqpsidecar.Event
}

func (e *events) record() amqpsidecar.SubscribeOption {
	return amqpsidecar.WithOnEvent(func(event amqpsidecar.Event) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.told = append(e.told, event)
	})
}

func (e *events) all() []amqpsidecar.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]amqpsidecar.Event(nil), e.told...)
}

func (e *events) count(kind amqpsidecar.EventKind) int {
	count := 0
	for _, event := range e.all() {
		if event.Kind == kind {
			count++
		}
	}
	return count
}

func depth(t *testing.T, client *amqpsidecar.Client, queue string) int {
	t.Helper()
	info, err := client.GetQueue(soon(t), queue)
	if err != nil {
		t.Fatal(err)
	}
	return int(info.Messages)
}

// take consumes so many messages, and returns them in the order of their handlers.
func take(t *testing.T, client *amqpsidecar.Client, queue string, count int) []*amqpsidecar.Delivery {
	t.Helper()
	got := make(chan *amqpsidecar.Delivery, count+1000)
	subscription := subscribe(t, client, queue, func(_ context.Context, d *amqpsidecar.Delivery) error {
		got <- d
		return nil
	})
	var taken []*amqpsidecar.Delivery
	for len(taken) < count {
		taken = append(taken, within(t, fmt.Sprintf("delivery %d of %d", len(taken)+1, count), got))
	}
	if err := subscription.Stop(soon(t)); err != nil {
		t.Fatal(err)
	}
	for len(got) > 0 {
		taken = append(taken, <-got)
	}
	return taken
}
