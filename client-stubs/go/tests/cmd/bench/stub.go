package main

import (
	"context"
	"fmt"
	"sync/atomic"

	amqpsidecar "amqp-sidecar.dev/client"
)

func publishStub(ctx context.Context, w work) (span, error) {
	client, err := amqpsidecar.Connect("")
	if err != nil {
		return span{}, err
	}
	defer client.Close()
	publisher := client.Publisher(amqpsidecar.WithMaxInFlight(w.window))
	if err := pump(ctx, publisher, w, w.messages/10); err != nil {
		return span{}, err
	}
	end := timed()
	if err := pump(ctx, publisher, w, w.messages); err != nil {
		return span{}, err
	}
	took := end()
	return took, publisher.Close(ctx)
}

// pump publishes, and takes the answers in order, a window behind.
func pump(ctx context.Context, publisher *amqpsidecar.Publisher, w work, messages int) error {
	unanswered := make(chan *amqpsidecar.Confirmation, w.window)
	failed := make(chan error, 1)
	go func() {
		for confirmation := range unanswered {
			if _, err := confirmation.Wait(ctx); err != nil {
				failed <- err
				return
			}
		}
		failed <- nil
	}()
	for i := 0; i < messages; i++ {
		confirmation, err := publisher.Publish(ctx, "", w.queue, w.body)
		if err != nil {
			return err
		}
		select {
		case unanswered <- confirmation:
		case err := <-failed:
			return err
		}
	}
	close(unanswered)
	return <-failed
}

func consumeStub(ctx context.Context, w work) (span, error) {
	client, err := amqpsidecar.Connect("")
	if err != nil {
		return span{}, err
	}
	defer client.Close()
	var seen atomic.Int64
	all := make(chan struct{})
	end := timed()
	subscription, err := client.Subscribe(ctx, w.queue, func(_ context.Context, d *amqpsidecar.Delivery) error {
		if len(d.Body) != len(w.body) {
			return fmt.Errorf("a body of %d bytes", len(d.Body))
		}
		if seen.Add(1) == int64(w.messages) {
			close(all)
		}
		return nil
	}, amqpsidecar.WithPrefetch(256))
	if err != nil {
		return span{}, err
	}
	select {
	case <-all:
	case <-ctx.Done():
		return span{}, ctx.Err()
	}
	// It returns when the sidecar has taken every settlement.
	if err := subscription.Stop(ctx); err != nil {
		return span{}, err
	}
	return end(), nil
}
