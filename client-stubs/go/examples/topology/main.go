// Command topology declares what the other examples use.
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

	queues, err := client.DeclareTopology(context.Background(), amqpsidecar.Topology{
		Exchanges: []amqpsidecar.Exchange{
			{Name: "orders", Type: "topic"},
			{Name: "orders.dead", Type: "fanout"},
		},
		Queues: []amqpsidecar.Queue{
			{Name: "billing", Arguments: amqpsidecar.Table{"x-dead-letter-exchange": "orders.dead"}},
			{Name: "billing.dead"},
		},
		Bindings: []amqpsidecar.Binding{
			{Queue: "billing", Exchange: "orders", RoutingKey: "order.*"},
			{Queue: "billing.dead", Exchange: "orders.dead"},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("declared", queues)
}
