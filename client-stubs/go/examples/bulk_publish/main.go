// Command bulk_publish publishes 1,000 orders over one stream.
package main

import (
	"context"
	"fmt"
	"log"

	amqpsidecar "amqp-sidecar.dev/client"
)

func main() {
	client, err := amqpsidecar.Connect("")
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	ctx := context.Background()
	publisher := client.Publisher()
	var confirmations []*amqpsidecar.Confirmation
	for id := 1; id <= 1000; id++ {
		order := map[string]any{"order_id": id, "total": 9.5}
		confirmation, err := publisher.Publish(ctx, "orders", "order.created", order)
		if err != nil {
			log.Fatal(err)
		}
		confirmations = append(confirmations, confirmation)
	}

	confirmed := 0
	for _, confirmation := range confirmations {
		if _, err := confirmation.Wait(ctx); err != nil {
			log.Print(confirmation.MessageID(), ": ", err)
			continue
		}
		confirmed++
	}
	fmt.Println(confirmed, "confirmed")
	if err := publisher.Close(ctx); err != nil {
		log.Fatal(err)
	}
}
