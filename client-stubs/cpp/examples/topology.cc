// Declares the exchange orders, and the queue billing with a dead-letter queue.
#include <iostream>

#include <amqp_sidecar/client.h>

int main() {
  amqp_sidecar::Client client;
  try {
    client.Declare({
        .exchanges = {{.name = "orders", .type = "topic"},
                      {.name = "orders.dead", .type = "fanout"}},
        .queues = {{.name = "billing", .arguments = {{"x-dead-letter-exchange", "orders.dead"}}},
                   {.name = "billing.dead"}},
        .bindings = {{.queue = "billing", .exchange = "orders", .routing_key = "order.*"},
                     {.queue = "billing.dead", .exchange = "orders.dead"}},
    });
  } catch (const amqp_sidecar::Error& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
  std::cout << "declared" << std::endl;
}
