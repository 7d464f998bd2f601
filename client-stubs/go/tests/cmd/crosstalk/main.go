// Command crosstalk publishes messages in the canonical form that all stubs share, and prints what it
// consumes in it.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	amqpsidecar "amqp-sidecar.dev/client"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) < 4 {
		log.Fatal("usage: crosstalk publish FILE EXCHANGE KEY | crosstalk consume QUEUE COUNT")
	}
	client, err := amqpsidecar.Connect("")
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	switch {
	case os.Args[1] == "publish" && len(os.Args) == 5:
		err = publish(ctx, client, os.Args[2], os.Args[3], os.Args[4])
	case os.Args[1] == "consume" && len(os.Args) == 4:
		err = consume(ctx, client, os.Args[2], os.Args[3])
	default:
		err = fmt.Errorf("there is no crosstalk %v", os.Args[1:])
	}
	if err != nil {
		log.Fatal(err)
	}
}

func publish(ctx context.Context, client *amqpsidecar.Client, file, exchange, key string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var messages []message
	if err := json.Unmarshal(text, &messages); err != nil {
		return err
	}
	for _, m := range messages {
		properties, err := m.toProperties()
		if err != nil {
			return err
		}
		if _, err := client.Publish(ctx, exchange, key, m.Body, amqpsidecar.WithProperties(properties)); err != nil {
			return err
		}
	}
	return nil
}

func consume(ctx context.Context, client *amqpsidecar.Client, queue, countText string) error {
	count, err := strconv.Atoi(countText)
	if err != nil {
		return err
	}
	got := make(chan *amqpsidecar.Delivery, count)
	all := make(chan struct{})
	subscription, err := client.Subscribe(ctx, queue, func(_ context.Context, d *amqpsidecar.Delivery) error {
		got <- d
		if len(got) == count {
			close(all)
		}
		return nil
	}, amqpsidecar.WithPrefetch(count))
	if err != nil {
		return err
	}
	select {
	case <-all:
	case <-subscription.Done():
		return subscription.Wait()
	case <-ctx.Done():
		return fmt.Errorf("%d of %d came: %w", len(got), count, ctx.Err())
	}
	if err := subscription.Stop(ctx); err != nil {
		return err
	}
	messages := make([]message, 0, count)
	for len(got) > 0 {
		m, err := messageOf(<-got)
		if err != nil {
			return err
		}
		messages = append(messages, m)
	}
	return json.NewEncoder(os.Stdout).Encode(messages)
}
