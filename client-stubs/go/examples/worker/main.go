// Command worker handles orders until it is told to stop.
package main

import (
	"context"
	"fmt"
	"log"
	"os/signal"
	"syscall"
	"time"

	amqpsidecar "amqp-sidecar.dev/client"
)

func handle(_ context.Context, delivery *amqpsidecar.Delivery) error {
	var order struct {
		ID *int `json:"order_id"`
	}
	if err := delivery.JSON(&order); err != nil {
		return err // it is no JSON: rejected
	} else if order.ID == nil {
		return amqpsidecar.Reject("there is no order_id")
	}
	fmt.Println("order", *order.ID)
	return nil // acknowledged; any other error has it come again, as the retry policy says
}

func main() {
	terminated, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	client, err := amqpsidecar.Connect("")
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	subscription, err := client.Subscribe(context.Background(), "billing", handle, amqpsidecar.WithConcurrency(4),
		amqpsidecar.WithRetry(amqpsidecar.RetryPolicy{MaxAttempts: 5, InitialBackoff: time.Second}))
	if err != nil {
		log.Fatal(err)
	}
	select {
	case <-terminated.Done():
		err = subscription.Stop(context.Background()) // handlers at work finish first
	case <-subscription.Done():
		err = subscription.Wait()
	}
	if err != nil {
		log.Fatal(err)
	}
}
