package main

import (
	"context"
	"errors"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"
)

func publishDirect(ctx context.Context, w work) (span, error) {
	connection, err := amqp.Dial(w.amqpURI)
	if err != nil {
		return span{}, err
	}
	defer connection.Close()
	channel, err := connection.Channel()
	if err != nil {
		return span{}, err
	}
	if err := channel.Confirm(false); err != nil {
		return span{}, err
	}
	returned := channel.NotifyReturn(make(chan amqp.Return, w.window))
	if err := pumpDirect(ctx, channel, returned, w, w.messages/10); err != nil {
		return span{}, err
	}
	end := timed()
	if err := pumpDirect(ctx, channel, returned, w, w.messages); err != nil {
		return span{}, err
	}
	return end(), nil
}

// pumpDirect is as a careful user has it: deferred confirmations, waited for in order, a window behind.
func pumpDirect(ctx context.Context, channel *amqp.Channel, returned <-chan amqp.Return, w work, messages int) error {
	unanswered := make(chan *amqp.DeferredConfirmation, w.window-1)
	failed := make(chan error, 1)
	go func() {
		for confirmation := range unanswered {
			acked, err := confirmation.WaitContext(ctx)
			if err == nil && !acked {
				err = errors.New("the broker refused a message")
			}
			if err != nil {
				failed <- err
				return
			}
		}
		failed <- nil
	}()
	for i := 0; i < messages; i++ {
		confirmation, err := channel.PublishWithDeferredConfirmWithContext(ctx, "", w.queue, true, false,
			amqp.Publishing{ContentType: "application/json", DeliveryMode: amqp.Persistent, Body: w.body})
		if err != nil {
			return err
		}
		select {
		case unanswered <- confirmation:
		case err := <-failed:
			return err
		case back := <-returned:
			return fmt.Errorf("a message came back: %s", back.ReplyText)
		}
	}
	close(unanswered)
	return <-failed
}

func consumeDirect(ctx context.Context, w work) (span, error) {
	connection, err := amqp.Dial(w.amqpURI)
	if err != nil {
		return span{}, err
	}
	defer connection.Close()
	channel, err := connection.Channel()
	if err != nil {
		return span{}, err
	}
	if err := channel.Qos(256, 0, false); err != nil {
		return span{}, err
	}
	end := timed()
	deliveries, err := channel.ConsumeWithContext(ctx, w.queue, "bench", false, false, false, false, nil)
	if err != nil {
		return span{}, err
	}
	seen := 0
	for delivery := range deliveries {
		if len(delivery.Body) != len(w.body) {
			return span{}, fmt.Errorf("a body of %d bytes", len(delivery.Body))
		}
		if err := delivery.Ack(false); err != nil {
			return span{}, err
		}
		if seen++; seen == w.messages {
			break
		}
	}
	if seen < w.messages {
		return span{}, errors.New("the broker ended the consumer")
	}
	// Its answer comes behind the last ack.
	if err := channel.Cancel("bench", false); err != nil {
		return span{}, err
	}
	return end(), nil
}
