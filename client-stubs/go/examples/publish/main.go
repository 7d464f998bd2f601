// Command publish publishes one order.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"

	amqpsidecar "amqp-sidecar.dev/client"
)

type order struct {
	ID    int     `json:"order_id"`
	Total float64 `json:"total"`
}

func main() {
	client, err := amqpsidecar.Connect("") // where AMQP_SIDECAR_ADDR says
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	result, err := client.Publish(context.Background(), "orders", "order.created", order{1, 9.5})
	var failure *amqpsidecar.Error
	if errors.As(err, &failure) {
		// The reason, and whether the broker has it all the same: UNKNOWN is published again with the
		// same message id.
		log.Fatal(failure.Reason, " ", failure.Persisted, " ", failure.MessageID, ": ", failure.Detail)
	}
	fmt.Println(result.MessageID)
}
