// Command bench times one piece of work, through the sidecar with this package or directly with
// amqp091-go, and prints one line of JSON.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
	"syscall"
	"time"
)

// work is what both ways are asked to do.
type work struct {
	queue    string
	messages int
	body     []byte
	window   int
	amqpURI  string
}

func main() {
	log.SetFlags(0)
	if len(os.Args) < 3 {
		log.Fatal("usage: bench {publish,consume} {direct,stub} --queue Q --messages N --body BYTES --window W --amqp URI")
	}
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	var w work
	flags.StringVar(&w.queue, "queue", "", "the queue, which is there")
	flags.IntVar(&w.messages, "messages", 0, "how many")
	bytes := flags.Int("body", 256, "bytes of each body")
	flags.IntVar(&w.window, "window", 256, "how many may be without a confirm")
	flags.StringVar(&w.amqpURI, "amqp", "", "the broker's URI")
	_ = flags.Parse(os.Args[3:])
	w.body = jsonOf(*bytes)

	run := map[string]func(context.Context, work) (span, error){
		"publish direct": publishDirect,
		"publish stub":   publishStub,
		"consume direct": consumeDirect,
		"consume stub":   consumeStub,
	}[os.Args[1]+" "+os.Args[2]]
	if run == nil {
		log.Fatalf("there is no bench %s %s", os.Args[1], os.Args[2])
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	took, err := run(ctx, w)
	if err != nil {
		log.Fatal(err)
	}
	line, _ := json.Marshal(map[string]any{
		"messages": w.messages, "seconds": took.wall.Seconds(), "cpu_seconds": took.cpu.Seconds(),
	})
	fmt.Println(string(line))
}

func jsonOf(bytes int) []byte {
	const frame = len(`{"data":""}`)
	if bytes < frame {
		bytes = frame
	}
	return []byte(`{"data":"` + strings.Repeat("x", bytes-frame) + `"}`)
}

// span is what a piece of work took: time, and processor time of this process.
type span struct{ wall, cpu time.Duration }

// timed begins a span; the returned function ends it.
func timed() func() span {
	began, used := time.Now(), processorTime()
	return func() span { return span{time.Since(began), processorTime() - used} }
}

func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
